/* SPDX-License-Identifier: BSD-3-Clause */
/* What the benchmark enclave is asked to do. */
#ifndef SWSGX_BENCH_REQUEST_H
#define SWSGX_BENCH_REQUEST_H

#include <stdint.h>

/* The enclave's heap, in bytes: bench/meson.build asks for so many pages. */
#define HEAP_SIZE (32ul << 20)

enum operation {
	OP_NOTHING,
	OP_FILL,
	OP_CHAIN,
	OP_SHA256, /* rounds of work_sha256() */
	OP_STREAM,
	OP_CHASE,   /* rounds: steps */
	OP_TOUCH,   /* write to each page, rounds times over */
	OP_EREPORT, /* that many times */
	OP_EGETKEY,
	OP_COUNT,  /* up to rounds */
	OP_ACCEPT, /* EACCEPT, and write to, that many pages from `at` on */
};

struct request {
	uint32_t operation;
	uint64_t rounds;
	uint64_t at;
};

#endif
