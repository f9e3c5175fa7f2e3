/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts between threads and processes (kernel/machine/smp.h). */
#ifndef SWSGX_PROCESS_RT_LP_IPI_H
#define SWSGX_PROCESS_RT_LP_IPI_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct msg;
struct thread;

/* Once in each program, and in each child of fork(). */
void rt_fence_init(void);
/* No thread of this process goes on with code that it has fetched. */
void rt_fence(void);

/* Before EENTER or ERESUME; it may wait here. */
void rt_before_entry(struct thread *t);
/* Was the EPC lost since then?  A leaf that failed may be due to that. */
bool rt_loss_came_between(const struct thread *t);

/* Before the thread takes a lock or enters: it may be interrupted from now on.
 */
void rt_ipi_expect(struct thread *t);
/*
 * The handler of a SIGSYS that somebody has sent begins, and SIGSYS is still
 * blocked.  If it is an interrupt that has lost its value, it gets it back.
 */
void rt_ipi_arrives(struct thread *t, siginfo_t *info);
/* Is this SIGSYS an interrupt, and nothing that the program is told of? */
bool rt_is_ipi(const siginfo_t *info);
/*
 * An interrupt that found the thread in the runtime.  False: it has yet to be
 * taken, when the thread is back in its enclave.
 */
bool rt_ipi_nested(struct thread *t, struct kucontext *uc);
/* Then this makes it pending again. */
void rt_ipi_later(struct thread *t);
/* Where a thread goes on whose section has been lost. */
_Noreturn void rt_section_again(void);

/* struct host's `ipi` and `preempt` */
void rt_ipi_send(uint64_t secs, uint32_t epoch);
int rt_preempt(uint32_t process, uint32_t thread);

/* The server's name for this process; a child of fork() has to ask anew. */
uint32_t rt_server_pid(void);
/* The server's answer to MSG_ATTACH, which has that name. */
void rt_met_server(const struct msg *msg);

#endif
