/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fixture, continued: the enclave's half of SGX2 (EACCEPT, EMODPE), the
 * SGX2 ioctls, and memory accesses as a thread in the enclave makes them.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_SGX2_H
#define SWSGX_TESTS_UNIT_KERNEL_SGX2_H

#include "tests/unit/kernel/fixture.h"

/* What an SGX2 ioctl gave back. */
struct answer {
	int64_t ret;
	uint64_t result, count;
};

struct answer restrict_pages(uint64_t offset, uint64_t length,
			     uint64_t permissions);
struct answer modify_pages(uint64_t offset, uint64_t length, uint64_t type);
struct answer remove_pages(uint64_t offset, uint64_t length);
void check_answer(struct answer got, int64_t ret, uint64_t result,
		  uint64_t count);

/*
 * The ioctls that have a `result` want it, and the count, to be 0 before:
 * checks that with the `third` field of their argument.
 */
void check_results_zero(uint32_t request, uint64_t third);
/* From now on nothing can be written to the program's memory. */
void refuse_answers(void);
/* Nobody is inside, and the EPC is lost. */
void lose_epc(void);

/*
 * Leaves of ENCLU in the enclave, at addr, with a SECINFO at PAGE(3).  EACCEPT
 * returns its code; both fail the test if they fault for good.
 */
uint64_t accept_page(uint64_t addr, uint64_t secinfo);
void extend_page(uint64_t addr, uint64_t secinfo);

/*
 * An access of m.lp, in the enclave, to a mapped address, as often as it takes.
 * NULL: it went through; else the signal.
 */
const struct ksignal *access_signal(uint64_t addr, uint32_t access);
/* Bytes of the enclave, by way of such accesses. */
uint8_t read_byte(uint64_t addr);
void write_byte(uint64_t addr, uint8_t byte);

/* Have the page at addr reclaimed. */
void evict(uint64_t addr);

/* Setup: initialised, everything mapped (page 7 and up RWX), m.lp inside. */
int machine_setup_sgx2_inside(void **state);

#endif
