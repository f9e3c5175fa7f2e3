/* SPDX-License-Identifier: BSD-3-Clause */
/* The PCK certificate of a platform, as Intel's provisioning service gives. */
#ifndef SWSGX_ATTEST_PKI_PCK_H
#define SWSGX_ATTEST_PKI_PCK_H

#include "attest/pki/pki.h"
#include "cpu/cpu.h"

/* Its key is platform_pck_key()'s.  NULL: OpenSSL could not. */
X509 *pck_make(const struct pki *pki, const struct package *package);

/*
 * In PEM: the PCK certificate, the Platform CA's, the root's.  Ends with a NUL;
 * the caller frees it.  NULL: OpenSSL could not.
 */
char *pck_chain(const struct pki *pki, X509 *pck);
/* The last two of them; the TCB Signing certificate and the root. */
char *pki_issuer_chain(const struct pki *pki);
char *pki_signing_chain(const struct pki *pki);

#endif
