/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls of the program that a filter trapped.  What concerns SGX or the
 * runtime's own life is done here; everything else the program makes itself,
 * through the gadget.
 */
#ifndef SWSGX_PROCESS_RT_SYSCALL_SYSCALL_H
#define SWSGX_PROCESS_RT_SYSCALL_SYSCALL_H

#include "process/rt/base/abi.h"

struct thread;

/* RAX of *uc receives the value. */
void rt_syscall(struct thread *t, struct kucontext *uc);
/* A call that SECCOMP_MODE_STRICT forbids: ends the thread. */
void rt_strict_violation(void);

/* gadget.c: a signal found the thread in it: shows the program's own RIP. */
void rt_leave_gadget(struct kucontext *uc);
extern const char rt_gadget_syscall[], rt_gadget_return[];
extern const char rt_sites_start[], rt_sites_end[];

#endif
