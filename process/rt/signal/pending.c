/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Synchronous signals that somebody has sent, and that wait for the program to
 * unblock them, or for the runtime to be done.  A signal may come, and be kept,
 * at any instruction of these functions.
 */
#include "process/rt/base/abi.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

int rt_sync_index(int sig)
{
	switch (sig) {
	case SIGSYS:
		return 0;
	case SIGILL:
		return 1;
	case SIGSEGV:
		return 2;
	case SIGBUS:
		return 3;
	case SIGFPE:
		return 4;
	case SIGTRAP:
		return 5;
	default:
		return -1;
	}
}

void rt_signal_keep(struct thread *t, int sig, const siginfo_t *info)
{
	sigset64 before = __atomic_fetch_or(&t->signal.pending, SIGBIT(sig),
					    __ATOMIC_RELAXED);

	/* a signal that comes from here on finds this one, and is dropped */
	if (!(before & SIGBIT(sig)))
		t->signal.pending_info[rt_sync_index(sig)] = *info;
}

void rt_signal_drop(struct thread *t, sigset64 set)
{
	__atomic_fetch_and(&t->signal.pending, ~set, __ATOMIC_RELAXED);
}

void rt_signal_take(struct thread *t, int sig, siginfo_t *info)
{
	*info = t->signal.pending_info[rt_sync_index(sig)];
	/* the next one may not overwrite it before */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	rt_signal_drop(t, SIGBIT(sig));
}

sigset64 rt_signals_due(const struct thread *t)
{
	return t->signal.pending & ~t->signal.state.virtual_mask;
}

bool rt_signal_is_due(const struct thread *t)
{
	return rt_signals_due(t);
}
