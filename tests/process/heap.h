/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test enclave with a heap, and what its users do to see whether their
 * pages stay as they are: a user owns every n-th page of the heap, fills one
 * after the other, and finds in it what it wrote last, each byte of it.
 */
#ifndef SWSGX_TESTS_PROCESS_HEAP_H
#define SWSGX_TESTS_PROCESS_HEAP_H

#include "examples/lib/enclave.h"

#define HEAP_MAX_PAGES	3072u
#define HEAP_CODE_PAGES	64u

/* Measure and sign, once, before any process is forked. */
void heap_prepare(unsigned pages);
/* False: see enclave_error(). */
bool heap_try_build(struct enclave *e);
/* Ends the program if it fails. */
void heap_build(struct enclave *e);

uint64_t heap_address(const struct enclave *e, unsigned page);

/*
 * One who uses a heap; may lie in memory that is shared, so that another
 * process can check the pages of one who was killed.
 */
struct heap_user {
	unsigned first, step;		/* its pages */
	unsigned tcs;
	uint32_t random;		/* state of the generator; any value */
	unsigned long steps;		/* made so far */
	unsigned writing;		/* 1 + the page that is being filled */
	uint32_t is[HEAP_MAX_PAGES];	/* its pages' patterns */
};

/* A number below `below`. */
uint32_t heap_random(struct heap_user *u, uint32_t below);
/*
 * Look at one page and fill it anew.  False: something was not right, and is
 * told (by check.h).
 */
bool heap_step(const struct enclave *e, struct heap_user *u);
/* All pages, but the one that was being filled; the code, and the stack. */
bool heap_check_all(const struct enclave *e, struct heap_user *u);

/*
 * Are all pages of the EPC free, or soon?  Also true where there is nobody to
 * be asked.
 */
bool heap_epc_free(void);

#endif
