/* SPDX-License-Identifier: BSD-3-Clause */
/* The tape of each thread, where somebody follows the run (process/tape.h). */
#ifndef SWSGX_PROCESS_RT_HOST_TAPES_H
#define SWSGX_PROCESS_RT_HOST_TAPES_H

#include <stdbool.h>
#include <stdint.h>

struct tape_record;
struct thread;

/*
 * Has t its tape?  It asks the server for it, so no lock may be held.  `number`
 * is the process's (kernel/host.h), 0: none can be had.
 */
bool rt_tape_join(struct thread *t, uint32_t number);

/*
 * Appends a record whose size, kind and flags are set.  A thread that has no
 * tape, or is in the middle of a record, only counts.
 */
void rt_tape_put(struct thread *t, struct tape_record *record);

#endif
