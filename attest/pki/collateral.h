/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a verifier asks of Intel's provisioning service besides the quote:
 * revocation lists, TCB Info (version 3) and QE Identity (version 2), signed by
 * the test root's own.  The text of a JSON object is signed, so it is compact
 * and its members are in Intel's order; api.portal.trustedservices.intel.com
 */
#ifndef SWSGX_ATTEST_PKI_COLLATERAL_H
#define SWSGX_ATTEST_PKI_COLLATERAL_H

#include <stdbool.h>
#include <time.h>

#include "attest/pki/pki.h"

struct collateral_wish {
	time_t issued, next_update;
	const char *tcb_status; /* of every platform, or NULL: UpToDate */
	const char *advisory;   /* that applies to it, or NULL */
	X509 *revoked;          /* a PCK certificate, or NULL */
};

struct collateral {
	X509_CRL *root_crl, *pck_crl;
	char *tcb_info, *qe_identity; /* the objects that are signed */
	char tcb_info_signature[129], qe_identity_signature[129];
};

/* Issued yesterday, good for a month. */
void collateral_default(struct collateral_wish *wish);
/* A status that TCB Info can have? */
bool collateral_is_status(const char *status);

/* 0, or -1: OpenSSL could not, or no memory. */
int collateral_make(struct collateral *c, const struct pki *pki,
		    const struct collateral_wish *wish);
void collateral_free(struct collateral *c);

/* As the service answers: {"tcbInfo":...,"signature":...}.  To be freed. */
char *collateral_tcb_info(const struct collateral *c);
char *collateral_qe_identity(const struct collateral *c);

#endif
