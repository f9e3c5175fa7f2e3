/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a Provisioning Certificate Caching Service answers, for the test root:
 * requests and answers without the sockets.  DCAP PCCS service/routes,
 * service/controllers; the versions 3 and 4 of its paths.
 */
#ifndef SWSGX_CLI_COLLATERAL_PCCS_H
#define SWSGX_CLI_COLLATERAL_PCCS_H

#include "attest/pki/collateral.h"
#include "cpu/cpu.h"

#define PCCS_HEADERS 5

struct pccs {
	const struct pki *pki;
	const struct collateral_wish *wish; /* but for its dates */
	time_t age; /* how much longer ago than it might be it is issued */
	const struct package *package; /* has a PCK certificate, or NULL */
};

struct pccs_answer {
	int status; /* HTTP's, or a PCCS's own: 461, 462 */
	const char *reason;
	const char *type;
	char *body; /* bytes */
	size_t n;
	struct {
		const char *name;
		char *value;
	} headers[PCCS_HEADERS]; /* up to one without a name */
};

/* A parameter of the query, or NULL. */
typedef const char *(*pccs_parameter)(void *query, const char *name);

/* `path`: without the query.  Free the answer by pccs_free(). */
void pccs_get(const struct pccs *pccs, const char *path,
	      pccs_parameter parameter, void *query,
	      struct pccs_answer *answer);
void pccs_free(struct pccs_answer *answer);

#endif
