/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU in the program's own code, by which it enters enclaves without the
 * vDSO: it becomes a jump to a stub, as in an enclave (cpu/patch.h), once it
 * has trapped.  A debugger's breakpoint on what follows it changes the jump's
 * displacement, so there are stubs for that, too.
 * DEVIATION DP56.
 */
#ifndef SWSGX_PROCESS_RT_LP_OWN_H
#define SWSGX_PROCESS_RT_LP_OWN_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct thread;

/* t has entered by the ENCLU at rip, by a trap: from now on without. */
void rt_own_learn(struct thread *t, uint64_t rip);
/* Is the ENCLU at rip a jump? */
bool rt_own_is(uint64_t rip);

/* Part of rt_leave_stub(), outside. */
bool rt_leave_own(struct thread *t, int sig, const siginfo_t *info,
		  struct kucontext *uc);
/*
 * An exception outside, at a place where bytes are being changed, or were
 * since. True: the thread is at the ENCLU, which is to be executed.
 */
bool rt_own_trap(int sig, struct kucontext *uc);

/*
 * The program makes a call about this memory: meanwhile it is as the program
 * knows it, and nothing becomes a jump.
 */
void rt_own_begin(uint64_t start, uint64_t len);
void rt_own_end(void);

/* `copy` was read from [from, from + n): undoes the rewriting in it. */
void rt_own_original(void *copy, uint64_t from, uint64_t n);

#endif
