/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads of the program and their slots (thread.c).  The slot that the stack
 * pointer lies in tells which thread runs: rt_current() in process/rt/rt.h.
 */
#ifndef SWSGX_PROCESS_RT_THREAD_THREAD_H
#define SWSGX_PROCESS_RT_THREAD_THREAD_H

#include <stdint.h>

#include "process/rt/base/abi.h"

struct thread;

/* At exec: the first thread's slot.  0 or -errno. */
int rt_slots_init(void);
struct thread *rt_thread_first(void);

/* At each signal: the thread that runs, by the stack pointer at its entry. */
struct thread *rt_thread_enter(uint64_t sp);
/* The stack that handlers of t run on. */
void rt_thread_altstack(const struct thread *t, struct kstack *ss);

/* A slot for a thread that is to come; NULL if there is none. */
struct thread *rt_thread_unborn(void);
/* This is a child of fork(), which the runtime made in t's handler. */
void rt_thread_forked(struct thread *t);

#endif
