/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comes before the first line of each file of the project that is compiled for
 * the simulator: what a compiler's instrumentation does not see is led to it.
 * System calls are by shim/, whose headers are found before the runtime's.
 */
#ifndef SWSGX_TESTS_SIM_HOOKS_H
#define SWSGX_TESTS_SIM_HOOKS_H

#include <stddef.h>

struct process;

/* memory.c */
void *sim_memcpy(void *to, const void *from, size_t n);
void *sim_memmove(void *to, const void *from, size_t n);
void *sim_memset(void *to, int byte, size_t n);
/* sched.c: a turn of a loop that waits */
void sim_pause(void);
/* world.c: the process that the thread on this stack belongs to */
struct process *sim_rt(void);

#define memcpy               sim_memcpy
#define memmove              sim_memmove
#define memset               sim_memset
#define __builtin_ia32_pause sim_pause
/* both as a declaration (process/rt/rt.h) and where it is used */
#define rt_process (*sim_rt())

/* Seconds become few turns. */
#define SGX_LOCK_PATIENCE 300u
#define SGX_SECTION_ASK   4u
#define NAMELESS_NS       100000000ull
#define GATE_TRIES        2000
#define SENT_PATIENCE     8u

#endif
