/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts what a thread does with enclaves, in a row of its own that others may
 * read (kernel/platform/stats.h), and the time inside if that is asked for.
 */
#ifndef SWSGX_PROCESS_RT_LP_STATS_H
#define SWSGX_PROCESS_RT_LP_STATS_H

#include <stdint.h>

struct fault;
struct ksignal;
struct thread;

/* It has entered, by EENTER or ERESUME. */
void rt_stats_enter(struct thread *t, uint32_t leaf);
/* That was refused. */
void rt_stats_refused(struct thread *t, uint32_t leaf);
/* It has left by EEXIT. */
void rt_stats_exit(struct thread *t);
/* By AEX; event: as aex() has it. */
void rt_stats_aex(struct thread *t, const struct fault *event);
/* A leaf inside that does not leave has retired. */
void rt_stats_leaf(struct thread *t, uint32_t leaf);
/* The program is told of a fault. */
void rt_stats_fault(struct thread *t, const struct ksignal *signal);

/* The slot's thread has died. */
void rt_stats_end(struct thread *t);
/* After fork(): the rows are the parent's. */
void rt_stats_forget(struct thread *t);

#endif
