/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code outside an enclave that accesses enclave memory: to it that memory is
 * the abort page.  Instructions (outside.c, outside_string.c) and system calls
 * (outside_syscall.c).
 */
#ifndef SWSGX_PROCESS_RT_ABORT_PAGE_ABORT_PAGE_H
#define SWSGX_PROCESS_RT_ABORT_PAGE_ABORT_PAGE_H

#include "process/rt/base/abi.h"

struct thread;

/*
 * An instruction's access.  It is made so that the program goes on when the
 * handler returns; or the program gets a signal.
 */
void rt_outside_access(struct thread *t, struct kucontext *uc);
/* A signal found the thread at it: shows the program's RIP and registers. */
void rt_leave_cell(struct thread *t, struct kucontext *uc);
/*
 * Arguments of a system call that point to the abort page are made to point
 * elsewhere.  Returns where the call has to return to.
 */
uint64_t rt_outside_syscall(struct kucontext *uc);

#endif
