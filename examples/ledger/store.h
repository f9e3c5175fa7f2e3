/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory where a ledger is kept: one sealed file, one lock. */
#ifndef SWSGX_EXAMPLES_LEDGER_STORE_H
#define SWSGX_EXAMPLES_LEDGER_STORE_H

#include "examples/ledger/protocol.h"

struct store {
	char path[4096]; /* of the sealed file */
	int lock;        /* held for as long as the store is open */
};

/* Makes the directory if need be.  0, or -1 with enclave_error(). */
int store_open(struct store *store, const char *dir);
void store_close(struct store *store);

/* 1: read; 0: there is no ledger yet; -1: error. */
int store_read(const struct store *store, struct ledger_sealed *sealed);
/* When this returned 0, a crash does not lose the entry any more. */
int store_write(const struct store *store, const struct ledger_sealed *sealed);

#endif
