/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that wait for signals.  A synchronous signal that was sent while the
 * program blocks it is pending in the runtime, not in the kernel.
 *
 * DEVIATION DP3: signalfd(2) does not show such a signal, and it waits for the
 * thread that took it, not for the whole process.
 */
#include "process/rt/base/abi.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/calls.h"

static long sigpending(const struct thread *t, uint64_t uset, uint64_t size)
{
	sigset64 set = 0;
	long r;

	if (size > sizeof(set))
		return -EINVAL;
	r = sys2(__NR_rt_sigpending, &set, sizeof(set));
	set = (set & ~RT_SYNC_SIGNALS) | t->signal.pending;
	if (!r && rt_put(uset, &set, size))
		return -EFAULT;
	return r;
}

/* The number of the signal taken; 0: none is here, let the kernel wait. */
static long sigtimedwait(struct thread *t, uint64_t uset, uint64_t uinfo,
			 uint64_t size)
{
	siginfo_t info;
	sigset64 set;
	int sig;

	if (size != sizeof(set) || rt_get(&set, uset, sizeof(set)))
		return 0;
	set &= t->signal.pending;
	if (!set)
		return 0;
	sig = __builtin_ctzll(set) + 1;
	rt_signal_take(t, sig, &info);
	if (uinfo && rt_put(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

/* The mask that a call installs for as long as it waits.  False: none. */
static bool waiting_mask(const struct machine_context *mc, sigset64 *mask)
{
	uint64_t from;

	switch (mc->rax) {
	case __NR_rt_sigsuspend:
		from = mc->rdi;
		break;
	case __NR_ppoll:
		from = mc->r10;
		break;
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		from = mc->r8;
		break;
	default: /* pselect6: a pointer to the pointer */
		if (rt_get(&from, mc->r9, sizeof(from)))
			return false;
	}
	return from && rt_get(mask, from, sizeof(*mask)) == 0;
}

/*
 * The waiting signal interrupts the call at once: its handler runs at the
 * call's mask, and returns to the one before.
 */
static enum rt_answer wait_with_mask(struct thread *t, struct kucontext *uc)
{
	sigset64 before = rt_program_mask(t, uc), mask;
	uint64_t nr = uc->mc.rax;

	if (!t->signal.pending || !waiting_mask(&uc->mc, &mask) ||
	    !(t->signal.pending & ~mask))
		return RT_PASS_ON;
	t->signal.frame_mask = &before;
	rt_set_program_mask(t, uc, mask);
	uc->mc.rax = (uint64_t)-EINTR;
	rt_deliver_pending(t, uc);
	if (!t->signal.frame_mask)
		return RT_DONE;
	/* ignored: no handler ran, so the wait goes on */
	t->signal.frame_mask = NULL;
	rt_set_program_mask(t, uc, before);
	uc->mc.rax = nr;
	return RT_PASS_ON;
}

enum rt_answer rt_sigwait_syscall(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	long r;

	switch (mc->rax) {
	case __NR_rt_sigpending:
		mc->rax = (uint64_t)sigpending(t, mc->rdi, mc->rsi);
		return RT_DONE;
	case __NR_rt_sigtimedwait:
		r = sigtimedwait(t, mc->rdi, mc->rsi, mc->r10);
		if (!r)
			return RT_PASS_ON;
		mc->rax = (uint64_t)r;
		return RT_DONE;
	case __NR_rt_sigsuspend:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		return wait_with_mask(t, uc);
	default:
		return RT_NOT_MINE;
	}
}
