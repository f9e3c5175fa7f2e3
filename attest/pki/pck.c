/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/pck.h. */
#include "attest/pki/pck.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>
#include <time.h>

#include "attest/base/ec.h"
#include "attest/pki/cert.h"
#include "attest/pki/platform_keys.h"

#define DAY   86400
#define YEARS (365 * DAY)

X509 *pck_make(const struct pki *pki, const struct package *package)
{
	struct profile_pck says = { .pcesvn = PCE_ISVSVN };
	uint8_t xy[EC_SIZE], serial[SHA256_DIGEST_LENGTH];
	EVP_PKEY *key = platform_pck_key(package);
	X509 *cert = NULL;

	platform_ppid(package, says.ppid);
	platform_qe_id(package, says.instance);
	memcpy(says.cpusvn, package->cpusvn, sizeof(says.cpusvn));
	if (key && !ec_public(key, xy)) {
		SHA256(xy, sizeof(xy), serial);
		cert = cert_make(&(struct cert_wish){
			.name = PROFILE_PCK,
			.section = PROFILE_SECTION_PCK,
			.pck = &says,
			.issuer = pki->platform_ca.cert,
			.issuer_key = pki->platform_ca.key,
			.key = key,
			.serial = serial,
			.not_before = time(NULL) - DAY,
			.not_after = time(NULL) + 7 * YEARS });
	}
	EVP_PKEY_free(key);
	return cert;
}

/* PEM of those up to the first NULL. */
static char *to_pem(X509 *const *certs)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *data;
	long n;

	for (; bio && *certs; certs++) {
		if (!PEM_write_bio_X509(bio, *certs)) {
			BIO_free(bio);
			return NULL;
		}
	}
	n = bio ? BIO_get_mem_data(bio, &data) : 0;
	if (n > 0)
		text = strndup(data, (size_t)n);
	BIO_free(bio);
	return text;
}

char *pck_chain(const struct pki *pki, X509 *pck)
{
	return to_pem(
		(X509 *[]){ pck, pki->platform_ca.cert, pki->root.cert, NULL });
}

char *pki_issuer_chain(const struct pki *pki)
{
	return to_pem(
		(X509 *[]){ pki->platform_ca.cert, pki->root.cert, NULL });
}

char *pki_signing_chain(const struct pki *pki)
{
	return to_pem(
		(X509 *[]){ pki->tcb_signing.cert, pki->root.cert, NULL });
}
