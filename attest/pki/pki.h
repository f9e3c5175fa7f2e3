/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test root, and the two that it certifies: who signs PCK certificates, and
 * who signs TCB Info and QE Identity.  Their keys are kept in a directory, in
 * clear text.  They protect nothing: swsgx is for development and testing only.
 */
#ifndef SWSGX_ATTEST_PKI_PKI_H
#define SWSGX_ATTEST_PKI_PKI_H

#include <openssl/x509.h>

typedef void (*pki_complain)(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

struct pki_member {
	X509 *cert;
	EVP_PKEY *key;
};

struct pki {
	struct pki_member root;
	struct pki_member platform_ca;
	struct pki_member tcb_signing;
};

/*
 * Reads the root that `dir` holds, or makes one there; NULL: one that nobody
 * keeps.  Two that start at once have the same.  0, or -1 after a complaint;
 * what is there and cannot be read is never overwritten.
 */
int pki_open(struct pki *pki, const char *dir, pki_complain complain);
void pki_close(struct pki *pki);

/*
 * Where the root is kept: in the platform's directory, or, if that is NULL, in
 * the user's own.  The caller frees it.  NULL: nowhere.
 */
char *pki_directory(const char *platform);

#endif
