/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of signals keeps for each thread, and for the process. */
#ifndef SWSGX_PROCESS_RT_SIGNAL_STATE_H
#define SWSGX_PROCESS_RT_SIGNAL_STATE_H

#include <stdbool.h>

#include "process/rt/base/abi.h"

#define RT_NR_SYNC 6 /* synchronous signals: rt_sync_index() */

/* What the program asked for.  A child of vfork() leaves its parent's alone. */
struct signal_state {
	sigset64 virtual_mask; /* of RT_SYNC_SIGNALS */
	struct kstack altstack;
	struct ksigaction *actions; /* [NSIG_MAX + 1] */
};

/* struct thread's `signal` */
struct thread_signal {
	struct signal_state state;
	/* Synchronous signals that have arrived and are not delivered yet. */
	sigset64 pending;
	siginfo_t pending_info[RT_NR_SYNC];
	/* The next frame returns to this mask; NULL: to the present one. */
	const sigset64 *frame_mask;
	/* What handlers are shown: Linux's thread_struct, of the last fault. */
	struct {
		uint64_t trapno, err, cr2;
	} trap;
	sigset64 interruptible; /* signals that would end a wait */
	uint32_t asked;         /* calls of signal_pending() so far */
	sigset64 requeued;      /* blocked for now, in the kernel */
	bool leaving;           /* it looks at what is kept no more */
};

/* struct process' `signal` */
struct process_signal {
	struct ksigaction actions[NSIG_MAX + 1];
};

#endif
