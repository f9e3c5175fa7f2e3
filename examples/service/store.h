/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory where the service keeps what must outlive its enclave: the
 * sealed state, and a counter that only grows, which tells an old copy of the
 * state from the newest.  (Here it is a file beside it, and whoever can put
 * the one back can put the other back: a stand-in for a TPM's counter, or for
 * another machine that remembers.)
 */
#ifndef SWSGX_EXAMPLES_SERVICE_STORE_H
#define SWSGX_EXAMPLES_SERVICE_STORE_H

#include <pthread.h>
#include <stdbool.h>

#include "examples/service/protocol.h"

struct store {
	char path[4096];      /* of the sealed file */
	int lock, counter_fd; /* held for as long as the store is open */
	pthread_mutex_t mutex;
	uint64_t version; /* that of the file */
	bool written;     /* by this process */
};

/* Makes the directory if need be.  0, or -1 with enclave_error(). */
int store_open(struct store *store, const char *dir);
void store_close(struct store *store);

/* Into call->sealed and call->counter.  1: read; 0: none yet; -1: error. */
int store_read(struct store *store, struct service_call *call);
/*
 * When this returned 0, call->sealed, or a later state, survives a crash.  Any
 * number of threads; the last of them writes for all.
 */
int store_commit(struct store *store, const struct service_call *call);

#endif
