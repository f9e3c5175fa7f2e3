/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave with a field of pages behind its image, each used for one access
 * only, so that nothing was touched before; and the ways to bring a page into
 * a state that a processor or Linux refuses, all by real system calls.
 */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_FAULT_FIELD_H
#define SWSGX_TESTS_PROCESS_FAULTS_FAULT_FIELD_H

#include "tests/process/fixture/build_steps.h"

/* What EADD made of the pages of a block. */
enum block {
	BLOCK_RWX,      /* REG, RWX, full of RET instructions */
	BLOCK_X,        /* REG, X only */
	BLOCK_R_MAPPED, /* REG, R only; mapped RWX before it was added */
	BLOCK_TCS,
	BLOCK_HOLE, /* none */
	NR_BLOCKS
};

/* Build it; ends the program if that fails. */
void field_build(void);
/* The enclave, initialised; another in the same ELRANGE, which is not. */
const struct enclave *field_enclave(void);
const struct enclave *field_other(void);

/* The next page of a block that nobody has used. */
uint64_t field_take(enum block block);
/* The same, mapped with these PROT_*. */
uint64_t field_map(enum block block, int prot);
/* Map a page anew: of `e`, at any address. */
void field_map_at(const struct enclave *e, uint64_t page, int prot);
/* A page becomes present, by a read in the enclave.  Returns it. */
uint64_t field_touch(uint64_t page);

/* SGX2: the ioctls of one page, and the enclave's EACCEPT of it. */
void field_restrict(uint64_t page, uint64_t permissions);
void field_modify(uint64_t page, uint64_t type);
void field_remove(uint64_t page);
void field_accept(uint64_t page, uint64_t secinfo);

#endif
