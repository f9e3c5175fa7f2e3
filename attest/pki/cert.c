/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/cert.h. */
#include "attest/pki/cert.h"

#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static CONF *load_profile(const struct profile_pck *pck)
{
	char *text = profile_text(pck);
	BIO *bio = text ? BIO_new_mem_buf(text, -1) : NULL;
	CONF *conf = NCONF_new(NULL);

	if (!bio || !conf || NCONF_load_bio(conf, bio, NULL) <= 0) {
		NCONF_free(conf);
		conf = NULL;
	}
	BIO_free(bio);
	free(text);
	return conf;
}

static bool set_name(X509_NAME *name, const char *common)
{
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					  (const uint8_t *)common, -1, -1, 0) &&
	       X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
					  (const uint8_t *)PROFILE_ORGANISATION,
					  -1, -1, 0);
}

static bool set_serial(X509 *cert, const uint8_t *serial)
{
	BIGNUM *n = BN_bin2bn(serial, CERT_SERIAL_SIZE, NULL);
	/* positive, and not longer than RFC 5280 allows */
	bool good = n && BN_mask_bits(n, CERT_SERIAL_SIZE * 8 - 1) >= 0 &&
		    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));

	BN_free(n);
	return good;
}

static bool set_fields(X509 *cert, const struct cert_wish *w)
{
	X509 *issuer = w->issuer ? w->issuer : cert;

	return X509_set_version(cert, X509_VERSION_3) &&
	       set_serial(cert, w->serial) &&
	       set_name(X509_get_subject_name(cert), w->name) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(issuer)) &&
	       ASN1_TIME_set(X509_getm_notBefore(cert), w->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), w->not_after) &&
	       X509_set_pubkey(cert, w->key);
}

static bool set_extensions(X509 *cert, const struct cert_wish *w)
{
	CONF *conf = load_profile(w->pck);
	X509V3_CTX ctx;
	bool good;

	X509V3_set_ctx(&ctx, w->issuer ? w->issuer : cert, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	good = conf && X509V3_EXT_add_nconf(conf, &ctx, w->section, cert);
	NCONF_free(conf);
	return good;
}

X509 *cert_make(const struct cert_wish *w)
{
	X509 *cert = X509_new();

	if (cert && set_fields(cert, w) && set_extensions(cert, w) &&
	    X509_sign(cert, w->issuer ? w->issuer_key : w->key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

static bool revoke(X509_CRL *crl, X509 *cert, ASN1_TIME *when)
{
	X509_REVOKED *entry;

	if (!cert)
		return true;
	entry = X509_REVOKED_new();
	if (entry &&
	    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert)) &&
	    X509_REVOKED_set_revocationDate(entry, when) &&
	    X509_CRL_add0_revoked(crl, entry))
		return true;
	X509_REVOKED_free(entry);
	return false;
}

static bool set_number(X509_CRL *crl, time_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	bool good = n && ASN1_INTEGER_set_int64(n, number) &&
		    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) > 0;

	ASN1_INTEGER_free(n);
	return good;
}

static bool set_crl_extensions(X509_CRL *crl, X509 *issuer)
{
	CONF *conf = load_profile(NULL);
	X509V3_CTX ctx;
	bool good;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	X509V3_set_nconf(&ctx, conf);
	good = conf &&
	       X509V3_EXT_CRL_add_nconf(conf, &ctx, PROFILE_SECTION_CRL, crl);
	NCONF_free(conf);
	return good;
}

X509_CRL *cert_make_crl(X509 *issuer, EVP_PKEY *key, X509 *revoked,
			time_t this_update, time_t next_update)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, this_update);
	ASN1_TIME *to = ASN1_TIME_set(NULL, next_update);

	/* the time is a number that grows */
	if (!crl || !from || !to ||
	    !X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) ||
	    !X509_CRL_set1_lastUpdate(crl, from) ||
	    !X509_CRL_set1_nextUpdate(crl, to) || !revoke(crl, revoked, from) ||
	    !set_number(crl, this_update) || !set_crl_extensions(crl, issuer) ||
	    !X509_CRL_sort(crl) || !X509_CRL_sign(crl, key, EVP_sha256())) {
		X509_CRL_free(crl);
		crl = NULL;
	}
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return crl;
}
