/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is killed, or stopped for good, at any instruction that changes the
 * shared tables.  The process executes an operation in single steps, under
 * ptrace.  At each change of the tables, and now and then in between, a copy of
 * its memory is taken.  In the copy, the process counts as dead, or another one
 * takes its locks.  Then the enclave must be usable, and each page must have
 * its content from before or after the operation.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_KILLED_H
#define SWSGX_TESTS_UNIT_KERNEL_KILLED_H

#include "sgx2.h"

#define KILLED_CODE 4u /* a page that is patched */

struct killed_op {
	const char *name;
	void (*prepare)(void);
	bool (*op)(void);
	void (*outcome)(void); /* run by the other process: uses CHECK() */
};

void killed_run(const struct killed_op *op);

/* A failed check ends the process that checks the copy. */
#define CHECK(cond) \
	do { \
		if (!(cond)) \
			killed_failed(#cond, __LINE__); \
	} while (0)
void killed_failed(const char *what, int line);

/* Outcomes: the enclave goes on as before; it can at least be released. */
void killed_goes_on(void);
void killed_can_be_released(void);
/* Load page i, and check that its first byte says so. */
void killed_check_content(unsigned i);
/* Code to be patched, with the bytes that killed_check_content() expects. */
void killed_make_code(uint8_t *page);

/* For use in `op`. */
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
