/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One enclave, many threads, and what holds them together when it is lost.
 *
 * The EPC can be lost at any time: suspend and hibernation throw its key away,
 * and a live migrated VM arrives on a processor that never had it.  Then every
 * thread that enters, or is inside, finds out for itself.  The rules:
 *
 *  1. A thread uses the enclave between lifeline_get() and lifeline_put().
 *  2. Whoever met the loss says so to lifeline_put().  From then on nobody gets
 *     the enclave, until there is a new one.
 *  3. When the last user of the lost enclave has put it back, exactly one
 *     waiting thread destroys it, builds another, and gives it the sealed
 *     state.  The others sleep; none sees a half-built one.
 *  4. What an enclave answered is on disk before the thread puts the enclave
 *     back.  So the next one, built after that, begins with every answer that
 *     was given, and a request whose answer did not get out is made again,
 *     which its number makes safe.
 */
#ifndef SWSGX_EXAMPLES_SERVICE_LIFELINE_H
#define SWSGX_EXAMPLES_SERVICE_LIFELINE_H

#include <pthread.h>

#include "examples/service/entry.h"
#include "examples/service/store.h"

enum life {
	ALIVE,
	ENDED,      /* lost; may have users that do not know it yet */
	REBUILDING, /* by one thread */
	GONE,       /* and cannot be had again: enclave_error() told why */
};

struct lifeline {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum life life;
	unsigned users;

	struct enclave_image image;
	struct sigstruct sig;
	struct enclave enclave;
	struct store store;

	/* What was seen: for curiosity, and for tests. */
	uint64_t rebuilds;
	uint64_t lost[2][2];    /* [enum way][0: at EENTER, 1: inside] */
	uint64_t failed_builds; /* lost again while being built */
	char why_gone[ENCLAVE_ERROR_SIZE];
};

/* One thread of the service: its own TCS, and its way in. */
struct visitor {
	struct lifeline *l;
	unsigned tcs;
	enum way way;
};

/*
 * elf, sig: the enclave's files.  Opens the state in `dir`, or begins one.
 * Nothing needs closing if it fails: -1 with enclave_error().
 */
int lifeline_open(struct lifeline *l, const char *elf, const char *sig,
		  const char *dir);
void lifeline_close(struct lifeline *l);

/*
 * Have a request answered, however many enclaves that takes.  SERVICE_GONE if
 * there will be no other: l->why_gone.
 */
void lifeline_request(struct visitor *v, const struct service_request *request,
		      struct service_answer *answer);

#endif
