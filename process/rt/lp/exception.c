/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An exception in enclave mode: what the processor raises where the host raised
 * this one, the AEX, and what the program is told.
 */
#include "cpu/exception.h"
#include "process/rt/base/abi.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/record.h"
#include "process/rt/lp/transition.h"
#include "process/rt/lp/view.h"
#include "process/rt/lp/why.h"
#include "process/rt/lp/xcr0.h"
#include "process/rt/rt.h"

/* A page fault in enclave mode.  False: the kernel mended it. */
static bool page_fault(struct thread *t, struct kucontext *uc, siginfo_t *info,
		       int sig, struct ksignal *signal)
{
	uint32_t code = rt_fault_code(uc, info);
	uint64_t address = uc->mc.cr2;
	enum fault_outcome outcome;

	outcome = exc_page_fault(&rt_process.mm, &t->lp, &t->retries, code,
				 address, signal);
	if (outcome != FAULT_RETRY && outcome != FAULT_SIGNAL) {
		rt_host_fault(uc, info, sig, signal);
		outcome = FAULT_SIGNAL;
	}
	rt_record_fault(t, address, code, outcome, signal);
	return outcome != FAULT_RETRY;
}

/*
 * The page at RIP was taken away between the instruction and a second look at
 * it.  A hypervisor that wants to know what raised #UD cannot fetch it, and
 * gives #GP.  The enclave must see the fault of the fetch.
 */
static bool lost_fetch(struct kucontext *uc, const struct instruction *insn,
		       uint8_t vector)
{
	if ((vector != VECTOR_UD && vector != VECTOR_GP) ||
	    !rt_page_has_gone(insn))
		return false;
	uc->mc.cr2 = uc->mc.rip;
	uc->mc.err = PF_USER | PF_INSTR;
	return true;
}

/* INT1 raises a #DB for which DR6 has no reason. */
static bool is_int1(uint8_t vector, const siginfo_t *info)
{
	return vector == VECTOR_DB && info->si_code == TRAP_BRKPT;
}

/*
 * The event that the processor raises in enclave mode, in lp->fault, where the
 * host has raised this one.
 */
static void raise(struct thread *t, struct kucontext *uc,
		  const struct instruction *insn, struct host_event *host)
{
	if (!host->far_transfer && !exception_strayed(&t->lp, host) &&
	    lost_fetch(uc, insn, host->vector)) {
		host->vector = VECTOR_PF;
		host->error_code = (uint32_t)uc->mc.err;
	}
	enclave_exception(&t->lp, insn, host);
}

/* Linux's signal for a vector, but for page faults. */
static void describe(struct thread *t, const siginfo_t *info, uint8_t vector,
		     uint32_t error_code, struct ksignal *signal)
{
	exc_signal(vector, error_code, t->lp.r.rip, signal);
	if (vector == VECTOR_DB)
		signal->code = info->si_code;
	/*
	 * For #MF and #XM Linux asks the FPU for the reason.  The AEX has put
	 * the synthetic state there, which says "invalid".
	 */
	if (!signal->code)
		signal->code = FPE_FLTINV;
}

/*
 * An INT3 that stands for another instruction.  True: it is done with; or the
 * exception that *uc holds now is what is to be raised.
 */
static bool is_patch_done(struct thread *t, struct kucontext *uc,
			  uint8_t *vector, int *sig)
{
	switch (*vector == VECTOR_BP ? rt_xcr0_site(t, uc) : RT_XCR0_NONE) {
	case RT_XCR0_DONE:
		return true;
	case RT_XCR0_FAULTS:
		*vector = (uint8_t)uc->mc.trapno;
		*sig = SIGSEGV;
		return false;
	case RT_XCR0_ENCLU:
		uc->mc.trapno = *vector = VECTOR_UD;
		*sig = SIGILL;
		return false;
	default:
		return false;
	}
}

/* Makes the AEX for t->lp.fault, and tells the program. */
static void leave(struct thread *t, struct kucontext *uc, const siginfo_t *info,
		  const struct instruction *insn, struct ksignal *signal)
{
	struct fault event = t->lp.fault;
	uint64_t cr2 = 0;

	rt_why_exception(t, &event, insn);
	rt_aex(t, &event, insn, &cr2);
	if (event.vector != VECTOR_PF) {
		describe(t, info, event.vector, event.error_code, signal);
	} else {
		signal->cr2 = cr2;
		if (signal->code > 0 && signal->code != SI_KERNEL)
			signal->addr = cr2;
	}
	rt_report(t, uc, signal);
}

void rt_exception(struct thread *t, struct kucontext *uc, uint8_t vector,
		  siginfo_t *info, int sig)
{
	struct host_event host = { .far_transfer = rt_mend_segments(uc) };
	struct instruction insn;
	struct ksignal signal;
	int prefixes;

	if (rt_view_mend(uc, sig, info) || is_patch_done(t, uc, &vector, &sig))
		return;
	rt_fetch_inside(t, &insn, uc->mc.rip);
	prefixes = rt_at_enclu(uc, &insn);
	host.vector = vector;
	host.error_code = (uint32_t)uc->mc.err;
	host.int1 = is_int1(vector, info);
	/* DEVIATION DP21: a tracer of the thread sees them first. */
	if (exception_suppressed(&t->lp, &host)) {
		uc->mc.eflags &= ~RFLAGS_TF;
		return;
	}
	rt_frame_load(t, uc);
	if (prefixes >= 0 && !host.far_transfer &&
	    !exception_strayed(&t->lp, &host)) {
		rt_enclu_inside(t, uc, prefixes);
		return;
	}
	if (host.int1)
		t->lp.r.rip += rt_int1_left(&insn);
	raise(t, uc, &insn, &host);
	if (vector != VECTOR_PF && t->lp.fault.vector == VECTOR_PF)
		sig = SIGSEGV;
	if (t->lp.fault.vector == VECTOR_PF &&
	    (!page_fault(t, uc, info, sig, &signal) ||
	     sgx_processor_must_leave(&rt_process.mm, &t->lp)))
		return;
	leave(t, uc, info, &insn, &signal);
}
