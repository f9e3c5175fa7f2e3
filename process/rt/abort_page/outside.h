/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What code outside does with enclave memory: instructions (outside.c,
 * outside_string.c) and system calls (outside_syscall.c).
 */
#ifndef SWSGX_PROCESS_RT_ABORT_PAGE_OUTSIDE_H
#define SWSGX_PROCESS_RT_ABORT_PAGE_OUTSIDE_H

#include "process/rt/rt.h"

/* Bytes of one thread's ones: a system call's buffer may be so long. */
#define OUTSIDE_ONES	(33 * SGX_PAGE_SIZE)

/* The thread's ones, fresh: page aligned, writable.  NULL: no memory. */
uint8_t *rt_outside_ones(struct thread *t);

/*
 * The registers of a system call's arguments are about to be changed: where to
 * return to, so that they are as before, and the program goes on.
 */
uint64_t rt_outside_way_back(struct thread *t, struct machine_context *mc);

/*
 * Code: [RIP + disp32] with this opcode, ModRM.reg and prefix (0: none).  What
 * follows it.
 */
uint8_t *rt_emit(uint8_t *p, uint8_t prefix, uint8_t opcode, unsigned reg,
		 const void *operand);

/* By number, as in process/rewrite.h; and a system call's i-th argument. */
uint64_t *rt_register(struct machine_context *mc, unsigned int n);
#define RT_ARGUMENTS	6
uint64_t *rt_argument(struct machine_context *mc, unsigned int i);

/*
 * Executes a string instruction, some of whose operands are in such memory, as
 * far as they are.  False: it can't be.
 */
bool rt_outside_string(struct thread *t, struct kucontext *uc,
		       const struct rt_rewrite *r);

#endif
