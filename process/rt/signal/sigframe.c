/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signal frames as the kernel would build them, on the program's own stacks,
 * and their way back.  Linux 6.1 arch/x86/kernel/signal.c setup_rt_frame(),
 * rt_sigreturn.
 */
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "cpu/xsave.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/pkru.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

/* What a program may change of RFLAGS; asm/sighandling.h FIX_EFLAGS */
#define FIX_EFLAGS 0x50dd5ul
/* What the processor uses of FXSAVE's 512 bytes. */
#define FXSAVE_USED   offsetof(struct _fpstate_64, sw_reserved)
#define FCW_DEFAULT   0x37f
#define MXCSR_DEFAULT 0x1f80

uint32_t rt_fpstate_size(const struct kucontext *uc)
{
	const struct _fpstate_64 *fp = (void *)uc->mc.fpstate;

	if (!fp)
		return 0;
	if (fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1)
		return fp->sw_reserved.extended_size;
	return XSAVE_LEGACY_SIZE;
}

/*
 * Handlers do not start with PKRU's initial value, which allows everything, but
 * with the kernel's (init_pkru), which our own handler has now.
 */
static void pkru_reset(const struct kucontext *uc)
{
	uint32_t *pkru = frame_pkru(&uc->mc);

	if (pkru)
		*pkru = rdpkru();
}

/* A handler starts with the extended state in its initial configuration. */
static void fpstate_reset(struct kucontext *uc)
{
	struct _fpstate_64 *fp = (void *)uc->mc.fpstate;

	if (!fp)
		return;
	if (fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1) {
		memset((uint8_t *)fp + XSAVE_LEGACY_SIZE, 0, XSAVE_HEADER_SIZE);
		pkru_reset(uc);
	}
	memset(fp, 0, FXSAVE_USED);
	fp->cwd = FCW_DEFAULT;
	fp->mxcsr = MXCSR_DEFAULT;
}

/* The default action, by the kernel. */
static void force_default(struct thread *t, struct kucontext *uc, int sig,
			  const siginfo_t *info)
{
	struct ksigaction dfl = { .handler = RT_SIG_DFL };

	sys4(__NR_rt_sigaction, sig, &dfl, 0, 8);
	sys4(__NR_rt_tgsigqueueinfo, sys_getpid(), t->tid, sig, info);
	uc->uc_sigmask &= ~SIGBIT(sig);
}

static uint64_t frame_stack(const struct thread *t, const struct kucontext *uc,
			    const struct ksigaction *act)
{
	const struct kstack *ss = &t->signal.state.altstack;

	if ((act->flags & SA_ONSTACK) && ss->size &&
	    !rt_on_altstack(t, uc->mc.rsp))
		return ss->sp + ss->size;
	return uc->mc.rsp - RED_ZONE;
}

void rt_note_trap(struct thread *t, const struct kucontext *uc)
{
	t->signal.trap.trapno = uc->mc.trapno;
	t->signal.trap.err = uc->mc.err;
	if (uc->mc.trapno == VECTOR_PF)
		t->signal.trap.cr2 = uc->mc.cr2;
}

static int build_frame(struct thread *t, struct kucontext *uc,
		       const siginfo_t *info, const struct ksigaction *act,
		       uint64_t *frame_at)
{
	uint32_t fpsize = rt_fpstate_size(uc);
	uint64_t sp = frame_stack(t, uc, act);
	struct rt_sigframe frame;
	uint64_t fp;

	fp = fpsize ? (sp - fpsize) & ~63ull : sp;
	sp = ((fp - sizeof(frame)) & ~15ull) - 8;
	frame.pretcode = act->restorer;
	frame.uc = *uc;
	frame.uc.mc.trapno = t->signal.trap.trapno;
	frame.uc.mc.err = t->signal.trap.err;
	frame.uc.mc.cr2 = t->signal.trap.cr2;
	frame.uc.uc_link = 0;
	frame.uc.uc_stack = t->signal.state.altstack;
	frame.uc.uc_sigmask = t->signal.frame_mask ? *t->signal.frame_mask :
						     rt_program_mask(t, uc);
	t->signal.frame_mask = NULL;
	frame.uc.mc.fpstate = fpsize ? fp : 0;
	frame.info = *info;
	if (fpsize && rt_put(fp, (void *)uc->mc.fpstate, fpsize))
		return -EFAULT;
	if (rt_put(sp, &frame, sizeof(frame)))
		return -EFAULT;
	*frame_at = sp;
	return 0;
}

/* DEVIATION DP8: a mask installed by a waiting call is not kept here. */
static void enter_handler(struct thread *t, struct kucontext *uc, int sig,
			  const struct ksigaction *act, uint64_t frame)
{
	struct kstack *altstack = &t->signal.state.altstack;
	sigset64 mask = rt_program_mask(t, uc) | act->mask;

	if (!(act->flags & SA_NODEFER))
		mask |= SIGBIT(sig);
	rt_set_program_mask(t, uc, mask);
	uc->mc.rip = act->handler;
	uc->mc.rsp = frame;
	uc->mc.rdi = (uint64_t)sig;
	uc->mc.rsi = frame + offsetof(struct rt_sigframe, info);
	uc->mc.rdx = frame + offsetof(struct rt_sigframe, uc);
	uc->mc.rax = 0;
	uc->mc.eflags &= ~(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
	fpstate_reset(uc);
	if (altstack->flags & (int32_t)SS_AUTODISARM)
		*altstack = (struct kstack){ .flags = SS_DISABLE };
}

void rt_deliver(struct thread *t, struct kucontext *uc, int sig,
		const siginfo_t *info, bool forced)
{
	struct ksigaction act = t->signal.state.actions[sig];
	bool blocked = rt_program_mask(t, uc) & SIGBIT(sig);
	uint64_t frame = 0;

	if (forced && (blocked || act.handler == RT_SIG_IGN)) {
		/* force_sig(): a blocked exception is not survived */
		force_default(t, uc, sig, info);
		return;
	}
	if (blocked && rt_sync_index(sig) >= 0) {
		rt_signal_keep(t, sig, info);
		return;
	}
	if (act.handler == RT_SIG_IGN)
		return;
	if (act.handler == RT_SIG_DFL) {
		force_default(t, uc, sig, info);
		return;
	}
	if (build_frame(t, uc, info, &act, &frame)) {
		siginfo_t segv = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

		/* no room for the frame: force_sigsegv() */
		force_default(t, uc, SIGSEGV, &segv);
		return;
	}
	if (act.flags & SA_RESETHAND)
		t->signal.state.actions[sig].handler = RT_SIG_DFL;
	enter_handler(t, uc, sig, &act, frame);
}

void rt_deliver_pending(struct thread *t, struct kucontext *uc)
{
	static const uint8_t order[] = { SIGSEGV, SIGBUS, SIGILL,
					 SIGTRAP, SIGFPE, SIGSYS };
	unsigned int i;

	for (i = 0; i < sizeof(order); i++) {
		int sig = order[i];
		siginfo_t info;

		if (!(rt_signals_due(t) & SIGBIT(sig)))
			continue;
		rt_signal_take(t, sig, &info);
		rt_deliver(t, uc, sig, &info, false);
	}
}

/* The extended state of the frame back into ours; 0, or -EFAULT if broken. */
static int restore_fpstate(struct kucontext *uc, uint64_t from)
{
	struct _fpstate_64 *fp = (void *)uc->mc.fpstate;
	uint32_t size = rt_fpstate_size(uc);
	struct _fpx_sw_bytes sw;

	if (!fp)
		return 0;
	if (!from) {
		fpstate_reset(uc);
		return 0;
	}
	if (rt_get(&sw, from + offsetof(struct _fpstate_64, sw_reserved),
		   sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.extended_size != size)
		size = XSAVE_LEGACY_SIZE; /* FXSAVE part only, as Linux */
	sw = fp->sw_reserved;
	if (rt_get(fp, from, size == XSAVE_LEGACY_SIZE ? FXSAVE_USED : size))
		return -EFAULT;
	fp->sw_reserved = sw;
	if (size == XSAVE_LEGACY_SIZE && sw.magic1 == FP_XSTATE_MAGIC1) {
		memset((uint8_t *)fp + XSAVE_LEGACY_SIZE, 0, XSAVE_HEADER_SIZE);
		*((uint8_t *)fp + XSAVE_LEGACY_SIZE) = XFEATURE_X87 |
						       XFEATURE_SSE;
	}
	return 0;
}

void rt_sigreturn(struct thread *t, struct kucontext *uc)
{
	siginfo_t segv = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };
	uint64_t at = uc->mc.rsp - 8 + offsetof(struct rt_sigframe, uc);
	uint64_t fpstate = uc->mc.fpstate;
	uint64_t eflags = uc->mc.eflags;
	struct kucontext from;

	if (rt_get(&from, at, sizeof(from)) ||
	    restore_fpstate(uc, from.mc.fpstate)) {
		rt_deliver(t, uc, SIGSEGV, &segv, true);
		return;
	}
	uc->mc = from.mc;
	uc->mc.fpstate = fpstate;
	uc->mc.eflags = (eflags & ~FIX_EFLAGS) | (from.mc.eflags & FIX_EFLAGS);
	uc->uc_flags = from.uc_flags;
	rt_set_program_mask(t, uc, from.uc_sigmask);
	/* restore_altstack(): errors do not matter, as in Linux */
	if (!rt_on_altstack(t, uc->mc.rsp) && from.uc_stack.size <= TASK_SIZE)
		t->signal.state.altstack = from.uc_stack;
	t->signal.state.altstack.flags &= ~SS_ONSTACK;
}
