/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ledger's enclave, kept alive.  The EPC can be lost at any time: suspend
 * and hibernation throw its key away, and a live migrated VM arrives on a
 * processor that never had it.  Then ENCLU[EENTER] raises a #PF whose error
 * code has the bit SGX.  The session rebuilds the enclave, gives it the sealed
 * state, and repeats the request.
 */
#ifndef SWSGX_EXAMPLES_LEDGER_SESSION_H
#define SWSGX_EXAMPLES_LEDGER_SESSION_H

#include "examples/ledger/protocol.h"
#include "examples/ledger/store.h"
#include "examples/lib/enclave.h"

struct session {
	struct enclave_image image;
	struct sigstruct sig;
	struct enclave enclave;
	struct store store;
	unsigned rebuilds; /* how often so far */
	/* Told of each loss and each rebuilding; may be NULL. */
	void (*notify)(const char *what, const struct enclave_exit *exit);
};

/*
 * elf, sig: the enclave's files.  Opens the ledger in `dir`, or begins one.
 * These return 0, or -1 with enclave_error().
 */
int session_open(struct session *s, const char *elf, const char *sig,
		 const char *dir);
/*
 * Deposit, withdraw or ask for the balance.  number: of the entry, or 0 for
 * the next one.  Returns 0 when the enclave answered: *answer has the status.
 * An entry whose status is LEDGER_OK is on disk.
 */
int session_request(struct session *s, enum ledger_op op, uint64_t amount,
		    uint64_t number, struct ledger_call *answer);
void session_close(struct session *s);

#endif
