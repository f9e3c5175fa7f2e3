/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is killed, or stopped for good, at any instruction that changes
 * what processes share.  It does something step by step, under ptrace.  At each
 * change of the tables, and from time to time in between, a copy of its memory
 * is taken, in which the process counts as dead, or its locks are taken from
 * it.  What is left must be a usable enclave, and each page what it was before
 * or after.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_KILLED_H
#define SWSGX_TESTS_UNIT_KERNEL_KILLED_H

#include "sgx2.h"

#define KILLED_CODE 4u /* a page that is patched */

struct killed_op {
	const char *name;
	void (*prepare)(void);
	bool (*op)(void);
	void (*outcome)(void); /* for whom is left: uses CHECK() */
};

void killed_run(const struct killed_op *op);

/* Fails in the process that looks. */
#define CHECK(cond) \
	do { \
		if (!(cond)) \
			killed_failed(#cond, __LINE__); \
	} while (0)
void killed_failed(const char *what, int line);

/* Outcomes: the enclave can be used, as it was; it can be released. */
void killed_goes_on(void);
void killed_can_be_released(void);
/* Bring the page in; then its first byte tells which it is. */
void killed_check_content(unsigned i);
/* Code that is to be patched, as killed_check_content() wants it. */
void killed_make_code(uint8_t *page);

/* For those that are done. */
bool killed_fault_at(uint64_t addr);
void killed_go_inside(void);
bool killed_execute(void);

#define OP(f, ...) \
	static void f(void **state) \
	{ \
		static const struct killed_op op = { #f, __VA_ARGS__ }; \
\
		(void)state; \
		killed_run(&op); \
	}

#endif
