/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logical processor and the signal frame: registers go from the frame into
 * struct lp, the processor does its leaf or its AEX, and they go back; the
 * return from the handler then is the transition.
 */
#include <asm/prctl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/unistd.h>

#include "cpu/exception.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "cpu/xsave.h"
#include "kernel/machine/leaf.h"
#include "kernel/sgx/encl.h"
#include "kernel/vdso/vdso.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/pkru.h"
#include "process/rt/base/sys.h"
#include "process/rt/lp/injection.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/view.h"
#include "process/rt/lp/why.h"
#include "process/rt/lp/xcr0.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

#include "vdso_offsets.h"

#ifndef SYSCALL_DISPATCH_FILTER_BLOCK
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

#define RFLAGS_NT_ID (RFLAGS_NT | RFLAGS_ID)

uint64_t rt_segment_base(bool gs)
{
	uint64_t base = 0;

	if (!rt_process.fsgsbase)
		sys2(__NR_arch_prctl, gs ? ARCH_GET_GS : ARCH_GET_FS, &base);
	else if (gs)
		__asm__ volatile("rdgsbase %0" : "=r"(base));
	else
		__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static void set_base(bool gs, uint64_t base)
{
	if (!rt_process.fsgsbase)
		sys2(__NR_arch_prctl, gs ? ARCH_SET_GS : ARCH_SET_FS, base);
	else if (gs)
		__asm__ volatile("wrgsbase %0" : : "r"(base));
	else
		__asm__ volatile("wrfsbase %0" : : "r"(base));
}

void rt_lp_init(struct thread *t)
{
	struct lp *lp = &t->lp;

	if (lp->cpu)
		return;
	lp->cpu = &rt_process.mm.cpu;
	lp->walk = sgx_walk;
	lp->walk_ctx = &rt_process.mm;
	memcpy(lp->sgxlepubkeyhash, lp->cpu->package->sgxlepubkeyhash,
	       sizeof(lp->sgxlepubkeyhash));
}

static void load(struct thread *t, const struct kucontext *uc)
{
	const struct machine_context *mc = &uc->mc;
	const struct _fpstate_64 *fp = (const void *)mc->fpstate;
	struct lp *lp = &t->lp;

	rt_lp_init(t);
	rt_why_begin(t);
	lp->r = (struct lp_regs){
		.rax = mc->rax, .rcx = mc->rcx, .rdx = mc->rdx,
		.rbx = mc->rbx, .rsp = mc->rsp, .rbp = mc->rbp,
		.rsi = mc->rsi, .rdi = mc->rdi, .r8 = mc->r8, .r9 = mc->r9,
		.r10 = mc->r10, .r11 = mc->r11, .r12 = mc->r12,
		.r13 = mc->r13, .r14 = mc->r14, .r15 = mc->r15,
		.rflags = mc->eflags, .rip = mc->rip,
		.fsbase = rt_segment_base(false),
		.gsbase = rt_segment_base(true),
	};
	lp->xsave = (uint8_t *)mc->fpstate;
	lp->xsave_features = 3;
	lp->xsave_size = 576;
	if (fp && fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1) {
		lp->xsave_features = fp->sw_reserved.xfeatures;
		lp->xsave_size = fp->sw_reserved.xstate_size;
	}
}

/*
 * SYSCALL in an enclave is #UD.  Syscall User Dispatch raises SIGSYS for it
 * while the selector says so, without any cost at the transition.  Armed for a
 * thread when it first enters; a child of fork must arm it again.
 *
 * DEVIATION DP5: a thread that enters enclaves loses a dispatch of its own.
 */
static void dispatch_syscalls(struct thread *t, bool in_enclave)
{
	if (in_enclave && t->mode.dispatch_tid != t->tid) {
		long r = sys5(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH,
			      PR_SYS_DISPATCH_ON, RT_BASE, RT_CODE_SPAN,
			      &t->mode.selector);

		if (r && rt_process.verbose)
			rt_log("this kernel cannot catch SYSCALL in an enclave "
			       "(error %ld)", -r);
		t->mode.dispatch_tid = t->tid;
	}
	t->mode.selector = in_enclave ? SYSCALL_DISPATCH_FILTER_BLOCK
				     : SYSCALL_DISPATCH_FILTER_ALLOW;
}

/*
 * RDTSC and RDTSCP in an enclave are #UD on a processor without SGX2.  The host
 * raises #GP for them, enclave_exception() corrects that; outside it is as the
 * program has it.
 */
static void forbid_tsc(struct thread *t, bool in_enclave)
{
	if (t->lp.cpu->package->sgx2 || t->mode.tsc_forbidden == in_enclave)
		return;
	if (in_enclave)
		sys2(__NR_prctl, PR_GET_TSC, &t->mode.tsc_mode);
	sys2(__NR_prctl, PR_SET_TSC,
	     in_enclave ? PR_TSC_SIGSEGV : t->mode.tsc_mode);
	t->mode.tsc_forbidden = in_enclave;
}

/*
 * The host's sigreturn leaves NT and ID as the handler has them; ERESUME takes
 * them from the SSA.  So they are set here, for the rest of the handler.
 */
static void set_nt_id(uint64_t rflags)
{
	uint64_t now;

	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "pop %0\n\t"
			 "lea 128(%%rsp), %%rsp"
			 : "=r"(now));
	if (!((now ^ rflags) & RFLAGS_NT_ID))
		return;
	now = (now & ~RFLAGS_NT_ID) | (rflags & RFLAGS_NT_ID);
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "push %0\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "r"(now)
			 : "cc");
}

/* What is not in a frame. */
static void switch_mode(struct thread *t)
{
	set_base(false, t->lp.r.fsbase);
	set_base(true, t->lp.r.gsbase);
	dispatch_syscalls(t, t->lp.cr_enclave_mode);
	forbid_tsc(t, t->lp.cr_enclave_mode);
}

static void store(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	const struct lp_regs *r = &t->lp.r;

	mc->rax = r->rax;
	mc->rcx = r->rcx;
	mc->rdx = r->rdx;
	mc->rbx = r->rbx;
	mc->rsp = r->rsp;
	mc->rbp = r->rbp;
	mc->rsi = r->rsi;
	mc->rdi = r->rdi;
	mc->r8 = r->r8;
	mc->r9 = r->r9;
	mc->r10 = r->r10;
	mc->r11 = r->r11;
	mc->r12 = r->r12;
	mc->r13 = r->r13;
	mc->r14 = r->r14;
	mc->r15 = r->r15;
	mc->eflags = r->rflags;
	set_nt_id(r->rflags);
	mc->rip = r->rip;
	switch_mode(t);
	rt_view_set(t, uc);
}

static void count(uint64_t *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void leave(struct thread *t, const struct fault *event, uint64_t *cr2)
{
	count(&rt_process.mm.shared->stat_aex);
	processor_park(&t->lp);
	aex(&t->lp, event, cr2);
}

/* DEVIATION DP10: only what is meant for the program gets here. */
void rt_interrupt(struct thread *t, struct kucontext *uc)
{
	load(t, uc);
	rt_mend_segments(uc);
	leave(t, NULL, NULL);
	store(t, uc);
}

void rt_deliver_fault(struct thread *t, struct kucontext *uc,
		      const struct ksignal *signal)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = signal->sig;
	info.si_code = signal->code;
	info.si_addr = (void *)signal->addr;
	if (signal->sig == SIGSEGV && signal->code == SEGV_PKUERR)
		info.si_pkey = signal->pkey;
	uc->mc.trapno = signal->trapnr;
	uc->mc.err = signal->error_code;
	if (signal->trapnr == VECTOR_PF)
		uc->mc.cr2 = signal->cr2;
	rt_note_trap(t, uc);
	rt_deliver(t, uc, signal->sig, &info, true);
}

/* Linux's way with an exception: the vDSO's fixup first, else the signal. */
static void report(struct thread *t, struct kucontext *uc,
		   const struct ksignal *signal)
{
	rt_injection_count(t, SGX_WHEN_FAULT);
	if (fixup_vdso_exception(&t->lp, rt_params.vdso_address, signal->trapnr,
				 signal->error_code, signal->cr2)) {
		store(t, uc);
		return;
	}
	store(t, uc);
	rt_deliver_fault(t, uc, signal);
}

/*
 * ENCLU itself faulted, outside an enclave: no AEX, RIP stays.  An EPC that was
 * lost in the middle of the leaf was lost before it, or after.
 */
static void enclu_fault(struct thread *t, struct kucontext *uc)
{
	struct ksignal signal;

	if (rt_loss_came_between(t) ||
	    exc_model_fault(&rt_process.mm, &t->lp, &t->retries,
			    &signal) == FAULT_RETRY) {
		t->entry.again = uc->mc.rip;
		return;
	}
	rt_why_enclu(t, (uint32_t)uc->mc.rax);
	report(t, uc, &signal);
}

/*
 * The kernel has mended what it faulted for: it is made again, and is still
 * the same to the program.
 */
static bool is_again(struct thread *t, uint64_t rip)
{
	bool again = t->entry.again == rip;

	t->entry.again = 0;
	return again;
}

static void count_entry(struct thread *t, uint64_t leaf, uint64_t rip)
{
	if (is_again(t, rip))
		return;
	if (leaf == ENCLU_EENTER)
		rt_injection_count(t, SGX_WHEN_EENTER);
	else if (leaf == ENCLU_ERESUME)
		rt_injection_count(t, SGX_WHEN_ERESUME);
}

/*
 * A single-step trap on the boundary behind ENCLU: the processor's own would
 * strike an instruction later, because what is stepped here is our return.
 */
static void single_step(struct thread *t, struct kucontext *uc)
{
	const struct fault event = { .vector = VECTOR_DB };
	struct ksignal signal;

	if (t->lp.cr_enclave_mode)
		leave(t, &event, NULL);
	exc_signal(VECTOR_DB, 0, t->lp.r.rip, &signal);
	report(t, uc, &signal);
}

/* The leaf has retired. */
static void retire(struct thread *t, struct kucontext *uc)
{
	if (t->lp.pending_db)
		single_step(t, uc);
	else
		store(t, uc);
}

/* The leaves count from 0F 01 D7; a fault is at the first prefix. */
static int execute(struct thread *t, int prefixes)
{
	struct lp *lp = &t->lp;
	int ret;

	lp->r.rip += (uint64_t)prefixes;
	ret = sgx_enclu(&rt_process.mm, lp);
	if (ret)
		lp->r.rip -= (uint64_t)prefixes;
	else
		exc_leaf_retired(&t->retries);
	return ret;
}

/* ENCLU outside, of whatever leaf: 0, and if it entered it counts as inside. */
static int execute_outside(struct thread *t, int prefixes)
{
	rt_before_entry(t);
	if (execute(t, prefixes))
		return -1;
	t->lp.processor->seen = t->entry.losses_seen;
	return 0;
}

static bool at_vdso_site(uint64_t rip)
{
	return rip == rt_params.vdso_address + VDSO_SGX_ENCLU;
}

void rt_enclu(struct thread *t, struct kucontext *uc, uint64_t rip,
	      int prefixes)
{
	uint64_t leaf = (uint32_t)uc->mc.rax;

	uc->mc.rip = rip;
	count_entry(t, leaf, rip);
	load(t, uc);
	if (execute_outside(t, prefixes) == 0) {
		if (at_vdso_site(rip) && leaf == ENCLU_EENTER)
			rt_plain_know(t);
		retire(t, uc);
		rt_injection_entered(t, uc);
	} else {
		enclu_fault(t, uc);
	}
}

#define LIVE_SIZE	4096

/* PKRU is all that EENTER asks of the extended state. */
static void take_pkru(struct lp *lp, uint8_t live[LIVE_SIZE])
{
	uint32_t at = rt_params.package.xfeature[XFEATURE_NR_PKRU].offset;
	uint64_t has = XFEATURE_PKRU;
	uint32_t pkru;

	lp->xsave = NULL;
	if (!at || at + sizeof(pkru) > LIVE_SIZE)
		return;
	pkru = rdpkru();
	memcpy(live + at, &pkru, sizeof(pkru));
	memcpy(live + XSAVE_LEGACY_SIZE, &has, sizeof(has));
	lp->xsave = live;
	lp->xsave_features = has;
	lp->xsave_size = LIVE_SIZE;
}

/*
 * What takes more than this has the instruction trap: --inject, which
 * have their order, and what waits for the thread.
 */
static bool is_plain(const struct thread *t)
{
	return rt_process.attached && rt_is_own(t) &&
	       t->mode.dispatch_tid == t->tid && !t->signal.pending &&
	       !t->entry.again &&
	       !__atomic_load_n(&rt_process.mm.shared->nr_injections,
				__ATOMIC_ACQUIRE);
}

bool rt_enter_plainly(struct thread *t)
{
	uint8_t live[LIVE_SIZE];
	int ret;

	if (!is_plain(t))
		return false;
	rt_lp_init(t);
	sgx_resync_if_due(&rt_process.mm);
	take_pkru(&t->lp, live);
	t->lp.r.fsbase = rt_segment_base(false);
	t->lp.r.gsbase = rt_segment_base(true);
	ret = execute_outside(t, 0);
	t->lp.xsave = NULL;
	if (ret)
		return false;
	rt_injection_count(t, SGX_WHEN_EENTER);
	switch_mode(t);
	rt_view_open(t);
	return true;
}

bool rt_returns_to_enclu(const struct kucontext *uc)
{
	uint64_t leaf = (uint32_t)uc->mc.rax;

	return at_vdso_site(uc->mc.rip) && !(uc->mc.eflags & RFLAGS_TF) &&
	       (leaf == ENCLU_EENTER || leaf == ENCLU_ERESUME);
}

/* A fault at a place that is no enclave's: the host's word, CR2 cut to page. */
void rt_host_fault(const struct kucontext *uc, const siginfo_t *info, int sig,
		   struct ksignal *signal)
{
	*signal = (struct ksignal){ .sig = sig,
				    .code = info->si_code,
				    .trapnr = VECTOR_PF,
				    .error_code = (uint32_t)uc->mc.err };
	if (sig == SIGSEGV && info->si_code == SEGV_PKUERR)
		signal->pkey = info->si_pkey;
}

uint32_t rt_fault_code(const struct kucontext *uc, const siginfo_t *info)
{
	return (uint32_t)uc->mc.err |
	       (info->si_signo == SIGSEGV && info->si_code == SEGV_PKUERR ?
			PF_PK : 0);
}

/* Page fault in enclave mode.  False: mended, go on. */
static bool page_fault(struct thread *t, struct kucontext *uc, siginfo_t *info,
		       int sig, struct ksignal *signal)
{
	switch (exc_page_fault(&rt_process.mm, &t->lp, &t->retries,
			       rt_fault_code(uc, info), uc->mc.cr2, signal)) {
	case FAULT_RETRY:
		return false;
	case FAULT_SIGNAL:
		return true;
	default:
		rt_host_fault(uc, info, sig, signal);
		return true;
	}
}

static void inside_enclu(struct thread *t, struct kucontext *uc, int prefixes)
{
	struct fault event;
	struct ksignal signal;
	uint64_t cr2 = 0;

	if (execute(t, prefixes) == 0) {
		if (!t->lp.cr_enclave_mode)
			rt_injection_count(t, SGX_WHEN_EEXIT);
		rt_why_code(t, (uint32_t)uc->mc.rax);
		retire(t, uc);
		return;
	}
	event = t->lp.fault;
	if (exc_model_fault(&rt_process.mm, &t->lp, &t->retries,
			    &signal) == FAULT_RETRY ||
	    sgx_processor_must_leave(&rt_process.mm, &t->lp))
		return;
	rt_why_exception(t, &event, NULL);
	leave(t, &event, &cr2);
	signal.cr2 = cr2;
	if (event.vector == VECTOR_PF)
		signal.addr = cr2;
	report(t, uc, &signal);
}

/*
 * The page at RIP was taken away (loss, reclaim) between the instruction and
 * the processor's second look at it: a hypervisor that wants to know what
 * raised #UD cannot fetch it, and gives #GP.  What the enclave must see is the
 * fault of the fetch.  A page that may only be executed tells nothing.
 */
static bool lost_fetch(struct kucontext *uc, const struct instruction *insn,
		       uint8_t vector)
{
	uint64_t rip = uc->mc.rip;

	if ((vector != VECTOR_UD && vector != VECTOR_GP) || insn->length ||
	    sgx_page_prot(&rt_process.mm, rip) == PROT_EXEC)
		return false;
	uc->mc.cr2 = rip;
	uc->mc.err = PF_USER | PF_INSTR;
	return true;
}

/* A #DB for which DR6 has no reason. */
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

/* Everything but page faults: Linux's signal for the vector. */
static void describe(struct thread *t, const siginfo_t *info, uint8_t vector,
		     uint32_t error_code, struct ksignal *signal)
{
	exc_signal(vector, error_code, t->lp.r.rip, signal);
	if (vector == VECTOR_DB)
		signal->code = info->si_code;
	/*
	 * #MF, #XM: Linux reads the reason off the FPU, where an AEX has left
	 * the synthetic state, which says "invalid".
	 */
	if (!signal->code)
		signal->code = FPE_FLTINV;
}

void rt_exception(struct thread *t, struct kucontext *uc, uint8_t vector,
		  siginfo_t *info, int sig)
{
	struct ksignal signal;
	struct fault event;
	uint64_t cr2 = 0;
	struct host_event host = { .far_transfer = rt_mend_segments(uc) };
	struct instruction insn;
	int prefixes;

	if (rt_view_mend(uc, sig, info))
		return;
	if (vector == VECTOR_BP) {
		enum rt_xcr0 xcr0 = rt_xcr0_site(t, uc);

		if (xcr0 == RT_XCR0_DONE)
			return;
		if (xcr0 == RT_XCR0_FAULTS) {
			vector = (uint8_t)uc->mc.trapno;
			sig = SIGSEGV;
		}
	}
	rt_fetch_inside(t, &insn, uc->mc.rip);
	rt_patch_original(t, &insn);
	prefixes = rt_at_enclu(uc, &insn);
	host.vector = vector;
	host.error_code = (uint32_t)uc->mc.err;
	host.int1 = is_int1(vector, info);
	/* DEVIATION DP21: a tracer of the thread sees them first. */
	if (exception_suppressed(&t->lp, &host)) {
		uc->mc.eflags &= ~RFLAGS_TF;
		return;
	}
	load(t, uc);
	if (prefixes >= 0 && !host.far_transfer &&
	    !exception_strayed(&t->lp, &host)) {
		inside_enclu(t, uc, prefixes);
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
	event = t->lp.fault;
	rt_why_exception(t, &event, &insn);
	leave(t, &event, &cr2);
	if (event.vector == VECTOR_PF) {
		signal.cr2 = cr2;
		if (signal.code > 0 && signal.code != SI_KERNEL)
			signal.addr = cr2;
	} else {
		describe(t, info, event.vector, event.error_code, &signal);
	}
	report(t, uc, &signal);
}
