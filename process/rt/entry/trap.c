/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every signal comes in here, with all asynchronous ones blocked.  It is sorted
 * by what raised it: a filter, an exception of the processor, or a sender.
 */
#include <linux/mman.h>

#include "cpu/processors.h"
#include "kernel/mm/view.h"
#include "process/rt/abort_page/abort_page.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/cpuid/cpuid.h"
#include "process/rt/entry/entry.h"
#include "process/rt/filter/filter.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/own.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/stub.h"
#include "process/rt/lp/view.h"
#include "process/rt/lp/xcr0.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/syscall.h"
#include "process/rt/thread/thread.h"

#define PERF_BREAKPOINT 5 /* PERF_TYPE_BREAKPOINT */

static bool in_runtime(uint64_t rip)
{
	if (rip == (uint64_t)rt_gadget_syscall ||
	    rip == (uint64_t)rt_gadget_return ||
	    (rip >= (uint64_t)rt_sites_start && rip < (uint64_t)rt_sites_end) ||
	    rt_in_shortcut(rip))
		return false;
	return rip >= (uint64_t)rt_text_start && rip < (uint64_t)rt_text_end;
}

/* Raised by the processor or the kernel, not sent by anybody. */
static bool is_exception(int sig, const siginfo_t *info)
{
	return rt_sync_index(sig) >= 0 && sig != SIGSYS && info->si_code > 0;
}

/* The INT1 of rt_int1_stays(): sees where the host leaves RIP. */
static bool int1_asked(struct kucontext *uc)
{
	bool stays = uc->mc.rip == (uint64_t)rt_int1_at;

	if (uc->mc.trapno != VECTOR_DB ||
	    (!stays && uc->mc.rip != (uint64_t)rt_int1_behind))
		return false;
	uc->mc.rax = stays;
	uc->mc.rip = (uint64_t)rt_int1_behind;
	return true;
}

/* For the outer handler, whose return unblocks it. */
static void block_requeued(struct thread *t, int sig, struct kucontext *uc)
{
	__atomic_fetch_or(&t->signal.requeued, SIGBIT(sig), __ATOMIC_RELAXED);
	uc->uc_sigmask |= SIGBIT(sig);
}

/* Puts the signal back into the kernel's queue. */
static void requeue(struct thread *t, int sig, const siginfo_t *info,
		    struct kucontext *uc)
{
	block_requeued(t, sig, uc);
	sys4(__NR_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), sig, info);
}

static void take_requeued(struct thread *t, sigset64 set)
{
	if (!(t->signal.requeued & set))
		return;
	__atomic_fetch_and(&t->signal.requeued, ~set, __ATOMIC_RELAXED);
	rt_signals_unblock(set);
}

/*
 * A signal that was sent waits until the runtime is done.  It is not blocked
 * before the last use of rt_copy(), and afterwards the kernel keeps it.
 */
static void hold(struct thread *t, int sig, const siginfo_t *info,
		 struct kucontext *uc)
{
	if (t->signal.leaving)
		requeue(t, sig, info, uc);
	else
		rt_signal_keep(t, sig, info);
}

/*
 * The kernel queues one SIGSYS for a thread.  So one that somebody else has
 * sent may have come instead of an interrupt, and is taken for both.
 * DEVIATION DP53: it may also have come instead of a filter's.
 */
static void nested_sigsys(struct thread *t, const siginfo_t *info,
			  struct kucontext *uc)
{
	bool is_ipi = rt_is_ipi(info);
	bool taken = rt_ipi_nested(t, uc);

	if ((is_ipi && taken) || rt_plain_defer(t, SIGSYS, info, uc))
		return;
	if (!is_ipi)
		hold(t, SIGSYS, info, uc);
	if (taken)
		return;
	block_requeued(t, SIGSYS, uc);
	rt_ipi_later(t);
}

/*
 * A signal came while the runtime runs.  A fault in rt_copy() is a bad pointer
 * of the program's.  A signal that was sent waits.  Anything else is a bug of
 * ours.
 */
static void nested(struct thread *t, int sig, siginfo_t *info,
		   struct kucontext *uc)
{
	uint64_t rip = uc->mc.rip;

	if (is_exception(sig, info)) {
		if (rip >= (uint64_t)rt_copy_start &&
		    rip < (uint64_t)rt_copy_end) {
			rt_signals_unblock(RT_OWN_SIGNALS);
			if (rt_view_copy(t, uc))
				return;
			rt_host_fault(uc, info, sig, &t->uaccess_fault);
			uc->mc.rip = (uint64_t)rt_copy_fault;
			return;
		}
		if (int1_asked(uc))
			return;
		rt_panic("bug: signal %d (trap %lu, address 0x%lx) in the "
			 "runtime at 0x%lx; please report it",
			 sig, (unsigned long)uc->mc.trapno,
			 (unsigned long)uc->mc.cr2, (unsigned long)rip);
	}
	if (sig == SIGSYS)
		nested_sigsys(t, info, uc);
	else if (!rt_plain_defer(t, sig, info, uc))
		hold(t, sig, info, uc);
}

/*
 * DEVIATION DP1: code outside an enclave sees the page itself, not ones, where
 * the EPCM would let the enclave have it, unless there is a view for each.
 */
static bool open_page(const struct kucontext *uc)
{
	uint64_t err = uc->mc.err;
	int want = err & PF_WRITE ? PROT_WRITE :
		   err & PF_INSTR ? PROT_EXEC :
				    PROT_READ;

	return rt_process.mm.view == SGX_VIEW_SHARED &&
	       (sgx_page_prot(&rt_process.mm, uc->mc.cr2) & want) &&
	       sgx_sync_page(&rt_process.mm, uc->mc.cr2) == 0;
}

/* Whoever follows the run is not told of memory that is no enclave's. */
static void record_outside(struct thread *t, const struct kucontext *uc,
			   uint32_t code, enum fault_outcome outcome,
			   const struct ksignal *signal)
{
	if (outcome == FAULT_NOT_OURS || !rt_records(TAPE_CLASS_FAULT))
		return;
	t->lp.r.rip = uc->mc.rip;
	rt_record_fault(t, uc->mc.cr2, code, outcome, signal);
}

/* A page fault outside, on memory of an enclave.  True: handled. */
static bool page_fault_outside(struct thread *t, struct kucontext *uc,
			       const siginfo_t *info)
{
	uint32_t code = rt_fault_code(uc, info);
	enum fault_outcome outcome;
	struct ksignal signal;

	if (!rt_process.attached || uc->mc.trapno != VECTOR_PF)
		return false;
	outcome = exc_page_fault(&rt_process.mm, &t->lp, &t->retries, code,
				 uc->mc.cr2, &signal);
	record_outside(t, uc, code, outcome, &signal);
	switch (outcome) {
	case FAULT_RETRY:
		return true;
	case FAULT_SIGNAL:
		rt_deliver_fault(t, uc, &signal);
		return true;
	case FAULT_ABORT_PAGE:
		if (!open_page(uc))
			rt_outside_access(t, uc);
		return true;
	default:
		return false;
	}
}

/*
 * A signal of perf_event_open() with `sigtrap`, whose trapno is old.  In an
 * enclave, a breakpoint is a #DB, and a counter that overflows an interrupt.
 */
static bool perf_event(struct thread *t, int sig, siginfo_t *info,
		       struct kucontext *uc)
{
	if (sig != SIGTRAP || info->si_code != TRAP_PERF)
		return false;
	if (t->lp.cr_enclave_mode && info->si_perf_type == PERF_BREAKPOINT) {
		uc->mc.trapno = VECTOR_DB;
		rt_exception(t, uc, VECTOR_DB, info, sig);
		return true;
	}
	if (t->lp.cr_enclave_mode)
		rt_interrupt(t, uc);
	rt_deliver(t, uc, sig, info, true);
	return true;
}

static void exception(struct thread *t, int sig, siginfo_t *info,
		      struct kucontext *uc)
{
	struct instruction insn;
	int prefixes;

	if (perf_event(t, sig, info, uc))
		return;
	/*
	 * A component that the process has no permission for (AMX): Linux sets
	 * no trap number.
	 */
	if (sig == SIGILL && info->si_code == ILL_ILLOPC)
		uc->mc.trapno = VECTOR_UD;
	if (t->lp.cr_enclave_mode) {
		rt_exception(t, uc, (uint8_t)uc->mc.trapno, info, sig);
		return;
	}
	if (rt_own_trap(sig, uc)) {
		rt_enclu(t, uc, uc->mc.rip, 0);
		return;
	}
	rt_fetch(&insn, uc->mc.rip);
	prefixes = rt_at_enclu(uc, &insn);
	if (prefixes >= 0 && !rt_attach()) {
		rt_enclu(t, uc, uc->mc.rip, prefixes);
		return;
	}
	if (sig == SIGSEGV && uc->mc.trapno == VECTOR_GP &&
	    (rt_cpuid_site(uc) || rt_cpuid_fault(uc)))
		return;
	if ((sig == SIGSEGV || sig == SIGBUS) &&
	    page_fault_outside(t, uc, info))
		return;
	rt_note_trap(t, uc);
	rt_deliver(t, uc, sig, info, true);
}

static void sigsys(struct thread *t, siginfo_t *info, struct kucontext *uc)
{
	if (info->si_code == SYS_SECCOMP && info->si_errno == RT_FILTER_DATA) {
		rt_syscall(t, uc);
	} else if (info->si_code == SYS_SECCOMP &&
		   info->si_errno == RT_STRICT_DATA) {
		rt_strict_violation();
	} else if (info->si_code == SYS_USER_DISPATCH &&
		   t->lp.cr_enclave_mode) {
		/*
		 * SYSCALL in an enclave is #UD; RIP is past it here.
		 * DEVIATION DP6: RCX and R11 are lost.
		 */
		uc->mc.rip -= 2;
		rt_exception(t, uc, VECTOR_UD, info, SIGILL);
	} else if (!rt_is_ipi(info)) {
		if (t->lp.cr_enclave_mode)
			rt_interrupt(t, uc);
		rt_deliver(t, uc, SIGSYS, info, info->si_code > 0);
	}
}

static void asynchronous(struct thread *t, int sig, const siginfo_t *info,
			 struct kucontext *uc)
{
	if (t->lp.cr_enclave_mode)
		rt_interrupt(t, uc);
	rt_deliver(t, uc, sig, info, false);
}

static void sort(struct thread *t, int sig, siginfo_t *info,
		 struct kucontext *uc)
{
	if (rt_plain_ends(uc)) {
		sig = rt_plain_end(t, uc);
		if (rt_plain_exits(t))
			rt_exit(t, uc);
		if (rt_plain_makes(t))
			rt_plain_make(t, uc);
		if (sig)
			asynchronous(t, sig, &t->plain.info, uc);
	} else if (sig == SIGSYS) {
		sigsys(t, info, uc);
	} else if (is_exception(sig, info)) {
		exception(t, sig, info, uc);
	} else {
		asynchronous(t, sig, info, uc);
	}
}

/* Will it come again, if the thread goes back to the instruction? */
static bool is_fault(int sig, const siginfo_t *info, const struct kucontext *uc)
{
	return is_exception(sig, info) && uc->mc.trapno != VECTOR_DB;
}

/*
 * Delivers what is kept, and what comes meanwhile.  What comes after the last
 * look the kernel keeps.
 */
static void leave(struct thread *t, struct kucontext *uc)
{
	for (;;) {
		t->signal.leaving = true;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (!rt_signal_is_due(t))
			return;
		t->signal.leaving = false;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (t->lp.cr_enclave_mode)
			rt_interrupt(t, uc);
		rt_deliver_pending(t, uc);
	}
}

/*
 * Unblocks what the runtime needs.  If the signal was sent, ppoll() or its kin
 * may have installed a mask of the program's that blocks all of that.
 */
static void open_signals(int sig, const siginfo_t *info)
{
	sigset64 set = RT_OWN_SIGNALS;

	if (sig == SIGSYS && info->si_code > 0)
		set = SIGBIT(SIGSYS);
	else if (is_exception(sig, info) && !(SIGBIT(sig) & RT_FAULT_SIGNALS))
		return;
	rt_signals_unblock(set);
}

/* The thread has come from the program, or from an enclave. */
static void arrive(struct thread *t, int sig, const siginfo_t *info)
{
	t->signal.leaving = false;
	t->tape.busy = false; /* of a child of vfork() that was killed */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	open_signals(sig, info);
	/* those that came before the first of these lines */
	take_requeued(t, RT_FAULT_SIGNALS);
}

/* Did it find the thread in the runtime, and not at plain.S's own trap? */
static bool is_nested(int sig, const siginfo_t *info,
		      const struct kucontext *uc)
{
	return in_runtime(uc->mc.rip) &&
	       !(rt_plain_ends(uc) && is_exception(sig, info));
}

void rt_handle_signal(int sig, siginfo_t *info, struct kucontext *uc,
		      struct thread *t)
{
	bool outermost = !is_nested(sig, info, uc) || rt_plain_begins(uc);

	if (sig == SIGSYS && info->si_code <= 0)
		rt_ipi_arrives(t, info);
	if (outermost)
		arrive(t, sig, info);
	if (rt_plain_back(t, uc, is_fault(sig, info, uc)))
		return;
	if (!outermost) {
		nested(t, sig, info, uc);
		return;
	}
	rt_thread_altstack(t, &uc->uc_stack);
	rt_leave_gadget(uc);
	/* by the path that it was given: the trap sees to that */
	if (rt_leave_shortcut(uc) == RT_LEFT_BEFORE && is_fault(sig, info, uc))
		return;
	rt_leave_cell(t, uc);
	rt_leave_xsave(t, uc);
	if (rt_leave_stub(t, sig, info, uc))
		return;
	processor_park(&t->lp);
	/*
	 * An interrupt came before this handler could take it.  From here on it
	 * can, and must, because somebody may wait for a lock.
	 */
	take_requeued(t, SIGBIT(SIGSYS));
	if (rt_process.attached)
		sgx_resync_if_due(&rt_process.mm);
	if (rt_record_due(t))
		rt_record_ready(t);
	if (rt_process.stubs.due)
		rt_stubs_inherited();
	if (rt_plain_makes(t)) {
		rt_plain_make(t, uc);
	} else if (rt_plain_exits(t)) {
		rt_exit(t, uc);
		/* it was its own, or the step that EEXIT has told of */
		if (!is_exception(sig, info))
			sort(t, sig, info, uc);
	} else {
		sort(t, sig, info, uc);
	}
	if (t->lp.cr_enclave_mode &&
	    sgx_processor_resume(&rt_process.mm, &t->lp))
		rt_interrupt(t, uc);
	leave(t, uc);
}
