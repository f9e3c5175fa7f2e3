/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates and revocation lists that a person names, in PEM or DER. */
#ifndef SWSGX_CLI_QUOTE_TRUST_H
#define SWSGX_CLI_QUOTE_TRUST_H

#include <openssl/x509.h>

/* NULL after a complaint. */
X509 *trust_read_certificate(const char *path);
X509_CRL *trust_read_crl(const char *path);

/*
 * The test root's certificate: of the platform in `dir`, or the user's.  *path:
 * where it is looked for, to be freed.  NULL without a complaint: there is none
 * yet.
 */
X509 *trust_test_root(const char *dir, char **path);

#endif
