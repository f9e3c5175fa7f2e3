/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of threads keeps for each. */
#ifndef SWSGX_PROCESS_RT_THREAD_STATE_H
#define SWSGX_PROCESS_RT_THREAD_STATE_H

#include <stdbool.h>

#include "process/rt/signal/state.h"

#define RT_VFORK_DEPTH 2

/*
 * struct thread's `vfork`: a child of vfork() runs on its parent's slot.  What
 * it must not change of its parent's is kept here.
 */
struct thread_vfork {
	uint32_t depth; /* lent to this many children */
	struct lender {
		uint32_t tid;
		struct signal_state signal;
		bool traced_from_exec;
	} lender[RT_VFORK_DEPTH];
};

#endif
