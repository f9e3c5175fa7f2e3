/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this room share. */
#ifndef SWSGX_PROCESS_RT_ABORT_PAGE_OUTSIDE_H
#define SWSGX_PROCESS_RT_ABORT_PAGE_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "process/rewrite.h"
#include "process/rt/base/abi.h"

struct thread;

/* Bytes of one thread's ones: a system call's buffer may be so long. */
#define OUTSIDE_ONES (33 * 4096)

/* The thread's ones, fresh: page aligned, writable.  NULL: no memory. */
uint8_t *rt_outside_ones(struct thread *t);

/*
 * The registers of a system call's arguments are about to be changed: where to
 * return to, so that they are as before, and the program goes on.
 */
uint64_t rt_outside_way_back(struct thread *t, struct machine_context *mc);

/*
 * Executes a string instruction, some of whose operands are in such memory, as
 * far as they are.  False: it can't be.
 */
bool rt_outside_string(struct thread *t, struct kucontext *uc,
		       const struct rt_rewrite *r);

#endif
