/* SPDX-License-Identifier: BSD-3-Clause */
/* One certificate or one revocation list, made by OpenSSL.  X509v3, RFC 5280 */
#ifndef SWSGX_ATTEST_PKI_CERT_H
#define SWSGX_ATTEST_PKI_CERT_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "attest/pki/profile.h"

#define CERT_SERIAL_SIZE 20

struct cert_wish {
	const char *name;    /* of the subject: CN */
	const char *section; /* PROFILE_SECTION_* */
	const struct profile_pck *pck;
	X509 *issuer; /* NULL: it signs itself */
	EVP_PKEY *issuer_key;
	EVP_PKEY *key;
	const uint8_t *serial; /* CERT_SERIAL_SIZE bytes, big-endian */
	time_t not_before, not_after;
};

/* NULL: OpenSSL could not, or no memory. */
X509 *cert_make(const struct cert_wish *wish);

/* Revokes `revoked`, or nothing if that is NULL. */
X509_CRL *cert_make_crl(X509 *issuer, EVP_PKEY *key, X509 *revoked,
			time_t this_update, time_t next_update);

#endif
