/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's dispositions, masks and alternate stacks.  The kernel has ours:
 * each handler is the runtime's, on the slot's stack.  While the program runs,
 * the synchronous signals are never blocked.
 */
#include "process/rt/signal/signal.h"
#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/rt.h"

uint64_t rt_own_handler;

#define MIN_ALTSTACK 2048

/* The program's flags that the kernel acts on; we act on the others. */
#define KERNEL_FLAGS (SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT)

void rt_signals_block(sigset64 set)
{
	sys4(__NR_rt_sigprocmask, SIG_BLOCK, &set, 0, 8);
}

void rt_signals_unblock(sigset64 set)
{
	sys4(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, 0, 8);
}

static bool is_sync(int sig)
{
	return rt_sync_index(sig) >= 0;
}

/* The disposition that the kernel gets for the program's *act. */
static struct ksigaction real_action(int sig, const struct ksigaction *act)
{
	struct ksigaction real = *act;

	if (act->handler <= RT_SIG_IGN && !is_sync(sig))
		return real;
	real.handler = rt_own_handler;
	real.restorer = (uint64_t)rt_restorer;
	real.flags = (act->flags & KERNEL_FLAGS) | SA_SIGINFO | SA_ONSTACK |
		     SA_RESTORER;
	/*
	 * Such a signal may only have been sent.  An interrupt would leave its
	 * handler by rt_section_again() half way.
	 */
	real.mask = SIGBIT(sig) & RT_FAULT_SIGNALS ? ~0ull : ~RT_OWN_SIGNALS;
	/*
	 * A call that only the runtime's own use of a signal interrupts is to
	 * be restarted: the program did not ask for that signal.
	 */
	if (act->handler <= RT_SIG_IGN)
		real.flags |= SA_RESTART;
	return real;
}

static long install(int sig, const struct ksigaction *act)
{
	struct ksigaction real = real_action(sig, act);

	return sys4(__NR_rt_sigaction, sig, &real, 0, 8);
}

void rt_signals_init(void (*entry)(void), uint64_t ignored)
{
	struct ksigaction old;
	int sig;

	rt_own_handler = (uint64_t)entry;
	for (sig = 1; sig <= NSIG_MAX; sig++) {
		struct ksigaction *act = &rt_process.signal.actions[sig];

		memset(&old, 0, sizeof(old));
		sys4(__NR_rt_sigaction, sig, 0, &old, 8);
		*act = old;
		if (is_sync(sig)) {
			if (ignored & SIGBIT(sig))
				act->handler = RT_SIG_IGN;
			install(sig, act);
		}
	}
}

/*
 * What the program has set.  An action that is no handler it may have given the
 * kernel itself (process/rt/shortcut/).
 */
static struct ksigaction action_of(const struct thread *t, int sig)
{
	struct ksigaction real = { .handler = rt_own_handler };

	if (!is_sync(sig))
		sys4(__NR_rt_sigaction, sig, 0, &real, 8);
	return real.handler == rt_own_handler ? t->signal.state.actions[sig] :
						real;
}

long rt_sigaction(struct thread *t, int sig, uint64_t uact, uint64_t uold,
		  uint64_t size)
{
	struct ksigaction act, old;
	long r = 0;

	if (size != 8 || sig < 1 || sig > NSIG_MAX)
		return -EINVAL;
	if (uact && rt_get(&act, uact, sizeof(act)))
		return -EFAULT;
	old = action_of(t, sig);
	if (uact) {
		if (sig == SIGKILL || sig == SIGSTOP)
			return -EINVAL;
		act.mask &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
		/*
		 * Ours first: if the signal comes between the two, its handler
		 * finds the new action.
		 */
		t->signal.state.actions[sig] = act;
		r = install(sig, &act);
		if (r)
			t->signal.state.actions[sig] = old;
		if (act.handler == RT_SIG_IGN)
			rt_signal_drop(t, SIGBIT(sig));
	}
	if (!r && uold && rt_put(uold, &old, sizeof(old)))
		return -EFAULT;
	return r;
}

/*
 * Linux: flush_signal_handlers().  Our handlers of exceptions stay; the others
 * go.
 */
void rt_signals_clear(struct thread *t)
{
	int sig;

	for (sig = 1; sig <= NSIG_MAX; sig++) {
		struct ksigaction *act = &t->signal.state.actions[sig];
		uint64_t handler = act->handler;

		*act = (struct ksigaction){ .handler = handler == RT_SIG_IGN ?
							       RT_SIG_IGN :
							       RT_SIG_DFL };
		if (handler > RT_SIG_IGN)
			install(sig, act);
	}
}

sigset64 rt_program_mask(const struct thread *t, const struct kucontext *uc)
{
	return (uc->uc_sigmask & ~RT_SYNC_SIGNALS) |
	       t->signal.state.virtual_mask;
}

sigset64 rt_interruptible(const struct thread *t, const struct kucontext *uc)
{
	static const sigset64 ignored_by_default = SIGBIT(SIGCHLD) |
						   SIGBIT(SIGURG) |
						   SIGBIT(SIGWINCH) |
						   SIGBIT(SIGCONT);
	sigset64 set = ~rt_program_mask(t, uc);
	int sig;

	for (sig = 1; sig <= NSIG_MAX; sig++) {
		uint64_t handler = t->signal.state.actions[sig].handler;

		if (handler == RT_SIG_IGN ||
		    (handler == RT_SIG_DFL &&
		     (ignored_by_default & SIGBIT(sig))))
			set &= ~SIGBIT(sig);
	}
	return set;
}

void rt_set_program_mask(struct thread *t, struct kucontext *uc, sigset64 mask)
{
	mask &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	t->signal.state.virtual_mask = mask & RT_SYNC_SIGNALS;
	uc->uc_sigmask = mask & ~RT_SYNC_SIGNALS;
}

long rt_sigprocmask(struct thread *t, struct kucontext *uc, int how,
		    uint64_t uset, uint64_t uold, uint64_t size)
{
	sigset64 old = rt_program_mask(t, uc);
	sigset64 set, new;

	if (size != 8)
		return -EINVAL;
	if (uset) {
		if (rt_get(&set, uset, sizeof(set)))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			new = old | set;
			break;
		case SIG_UNBLOCK:
			new = old & ~set;
			break;
		case SIG_SETMASK:
			new = set;
			break;
		default:
			return -EINVAL;
		}
		rt_set_program_mask(t, uc, new);
	}
	if (uold && rt_put(uold, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

bool rt_on_altstack(const struct thread *t, uint64_t sp)
{
	const struct kstack *ss = &t->signal.state.altstack;

	if (ss->flags & (int32_t)SS_AUTODISARM)
		return false;
	return sp > ss->sp && sp - ss->sp <= ss->size;
}

/* Linux 6.1 kernel/signal.c do_sigaltstack() */
static long set_altstack(struct thread *t, const struct kstack *ss, uint64_t sp)
{
	struct kstack *own = &t->signal.state.altstack;
	uint32_t mode = (uint32_t)ss->flags & ~SS_AUTODISARM;

	if (rt_on_altstack(t, sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		*own = (struct kstack){ .flags = ss->flags };
		return 0;
	}
	if (ss->size < MIN_ALTSTACK)
		return -ENOMEM;
	*own = *ss;
	own->pad = 0;
	return 0;
}

long rt_sigaltstack(struct thread *t, uint64_t uss, uint64_t uold, uint64_t sp)
{
	struct kstack ss, old = t->signal.state.altstack;
	long r = 0;

	if (uss && rt_get(&ss, uss, sizeof(ss)))
		return -EFAULT;
	if (!old.size)
		old.flags |= SS_DISABLE;
	else if (rt_on_altstack(t, sp))
		old.flags |= SS_ONSTACK;
	else
		old.flags &= ~SS_ONSTACK;
	if (uss)
		r = set_altstack(t, &ss, sp);
	if (!r && uold && rt_put(uold, &old, sizeof(old)))
		return -EFAULT;
	return r;
}
