/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said to the service: by its clients over a SOCK_SEQPACKET socket (one
 * request a packet, one answer a packet), and by its host to its enclave.
 *
 * Every client has an account, and numbers its requests 1, 2, 3...  It sends a
 * request again, with its number, for as long as it has no answer; the enclave
 * remembers the last number of each client, and makes no request twice.
 */
#ifndef SWSGX_EXAMPLES_SERVICE_PROTOCOL_H
#define SWSGX_EXAMPLES_SERVICE_PROTOCOL_H

#include <stdint.h>

#include "examples/lib/trts_seal.h"

#define SERVICE_CLIENTS 16
#define SERVICE_THREADS 8 /* TCSs of the enclave */

enum service_op {
	SERVICE_HELLO = 1, /* where does this client's account stand? */
	SERVICE_ADD,       /* add `amount` to it */
	/* Of the host's own: */
	SERVICE_NEW,  /* begin, with all accounts empty */
	SERVICE_OPEN, /* go on from `sealed` */
};

enum service_status {
	SERVICE_OK = 0,
	SERVICE_REPEATED, /* made before: the answer of then */
	SERVICE_BAD_REQUEST,
	SERVICE_WRONG_NUMBER, /* neither the next nor the last request */
	SERVICE_NOT_OPEN,
	SERVICE_BUSY,     /* other threads hold the state: enter again */
	SERVICE_BAD_SEAL, /* altered, or of another platform or signer */
	SERVICE_NO_KEY,
	SERVICE_NO_ENTROPY,
	SERVICE_ROLLED_BACK, /* older than the counter outside says */
	/* By the host, which has no enclave any more: */
	SERVICE_GONE,
};

struct service_request {
	uint32_t op;
	uint32_t client; /* 0 to SERVICE_CLIENTS - 1 */
	uint64_t number;
	uint64_t amount;
};

/* One account; and what is answered about it. */
struct service_account {
	uint64_t number; /* of its last request */
	uint64_t balance;
	uint64_t version; /* which of all requests that one was */
	/* SHA-256 of the receipt before, the number, and the amount */
	uint8_t receipt[32];
};

struct service_answer {
	uint32_t status;
	uint32_t client;
	struct service_account account;
};

/* All of the enclave's state: what is sealed. */
struct service_state {
	uint64_t version; /* grows by one with each request made */
	struct service_account accounts[SERVICE_CLIENTS];
};

#define SERVICE_MAGIC "SERVICE1"

struct service_sealed {
	struct seal_header header;
	uint8_t state[sizeof(struct service_state)];
	uint8_t tag[16];
};

struct service_call {
	struct service_request request; /* in */
	uint64_t counter;               /* in: the counter outside, for OPEN */
	struct service_answer answer;   /* out */
	uint64_t version;               /* out: of `sealed` */
	struct service_sealed sealed;   /* in: for OPEN; out: the state that
					 * the answer shows */
};

/* enclave_main() answers this if the call lies where it must not. */
#define SERVICE_BAD_POINTER 1

#endif
