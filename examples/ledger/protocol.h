/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ledger's host and its enclave say to each other.  The host passes
 * the address of one struct ledger_call; the enclave copies it in, and copies
 * the answer out.
 */
#ifndef SWSGX_EXAMPLES_LEDGER_PROTOCOL_H
#define SWSGX_EXAMPLES_LEDGER_PROTOCOL_H

#include <stdint.h>

#include "examples/lib/trts_seal.h"

enum ledger_op {
	LEDGER_NEW = 1, /* begin an empty ledger */
	LEDGER_OPEN,    /* take `sealed` as the ledger */
	LEDGER_DEPOSIT,
	LEDGER_WITHDRAW,
	LEDGER_BALANCE, /* changes nothing */
};

enum ledger_status {
	LEDGER_OK = 0,
	LEDGER_REPEATED, /* this entry was made before: not made again */
	LEDGER_BAD_REQUEST,
	LEDGER_NOT_OPEN,
	LEDGER_WRONG_NUMBER, /* neither the next entry nor the last one */
	LEDGER_INSUFFICIENT, /* a balance cannot go below zero */
	LEDGER_TOO_LARGE,    /* nor beyond 64 bits */
	LEDGER_BAD_SEAL,     /* altered, or of another platform or signer */
	LEDGER_NO_ENTROPY,
	LEDGER_NO_KEY, /* EGETKEY refused */
};

/* The ledger as it lies on disk (examples/lib/trts_seal.h). */
#define LEDGER_MAGIC "LEDGER01"
#define LEDGER_STATE 72

struct ledger_sealed {
	struct seal_header header;
	uint8_t state[LEDGER_STATE];
	uint8_t tag[16];
};
_Static_assert(sizeof(struct ledger_sealed) == 152, "as on disk");

struct ledger_call {
	uint32_t op;       /* in */
	uint32_t status;   /* out */
	uint64_t number;   /* in: of the entry to make; out: of the last */
	uint64_t amount;   /* in */
	uint64_t balance;  /* out */
	uint8_t chain[32]; /* out: hash over all entries */
	struct ledger_sealed sealed; /* in: OPEN; out: what changes the state */
};

/* enclave_main() answers this if the call lies where it must not. */
#define LEDGER_BAD_POINTER 1

#endif
