/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's processor of a thread: it runs the enclave's instructions by the
 * real page tables, as native code does, and raises signals, which come to
 * rt_handle_signal() before the next instruction.
 */
#include <linux/mman.h>

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "kernel/machine/notes.h"
#include "kernel/sgx/encl.h"
#include "process/rt/base/params.h"
#include "process/rt/entry/entry.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"
#include "tests/sim/sim.h"
#include "tests/sim/stubs.h"

#define OUTSIDE 0x400000ull /* of the program's own code */
#define AEP     0x401000ull
#define FPSTATE 1024

bool machine_inside(const struct task *k)
{
	return k->t->lp.cr_enclave_mode;
}

uint64_t machine_rax(const struct task *k)
{
	return k->uc->mc.rax;
}

void machine_reset(struct task *k)
{
	static struct {
		struct kucontext uc;
		uint8_t fpstate[FPSTATE] __attribute__((aligned(64)));
	} frames[SIM_TASKS];
	unsigned int i = (unsigned int)(k - tasks);

	memset(&frames[i], 0, sizeof(frames[i]));
	k->uc = &frames[i].uc;
	k->uc->mc.fpstate = (uint64_t)(uintptr_t)frames[i].fpstate;
	k->uc->mc.rip = OUTSIDE;
	k->uc->mc.eflags = 0x202;
	memset(k->t, 0, offsetof(struct thread, vfork_actions));
	k->t->tid = (uint32_t)(k - tasks) + 1;
	k->t->pid = world.proc[k->proc].pid;
	k->t->signal.state.actions = world.proc[k->proc].rt->signal.actions;
}

/* Signals ------------------------------------------------------------- */

void machine_arrive(struct task *k)
{
	k->in_handler = true;
	k->nested = 0;
	k->t->signal.leaving = false;
}

static void raise_signal(struct task *k, int sig, siginfo_t *info)
{
	k->in_handler = true;
	/* as rt_sigaction() asks for it: signal/signal.c */
	k->blocked = sig == SIGSYS || sig == SIGSEGV;
	k->nested = 0;
	info->si_signo = sig;
	rt_handle_signal(sig, info, k->uc, k->t);
	SIM_POINT(); /* on its way back */
	k->in_handler = k->blocked = false;
}

static void raise_fault(struct task *k, int sig, uint8_t vector, uint64_t err,
			uint64_t cr2)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = sig == SIGSEGV ? SEGV_ACCERR : ILL_ILLOPN;
	info.si_addr = (void *)cr2;
	k->uc->mc.trapno = vector;
	k->uc->mc.err = err;
	k->uc->mc.cr2 = cr2;
	raise_signal(k, sig, &info);
}

static const struct sgx_note *note_of(const struct task *k)
{
	return sgx_note(sim_shared, world.proc[k->proc].pid, k->t->tid);
}

/* May a signal without a value be an interrupt? */
static bool is_being_interrupted(const struct task *k)
{
	uint32_t n;

	return k->ipi || k->unsure || !sgx_notes_are_sent(note_of(k), &n);
}

/* Past RLIMIT_SIGPENDING a signal comes without its value. */
static void make_ipi(struct task *k, siginfo_t *info)
{
	memset(info, 0, sizeof(*info));
	k->ipi = k->ipi_seen = k->unsure = false;
	k->unsure = is_being_interrupted(k);
	info->si_signo = SIGSYS;
	info->si_code = SI_USER;
	if (!sim_below(&k->rng, 8) || world.queue_is_full)
		return;
	info->si_code = SI_QUEUE;
	info->si_ptr = (void *)RT_IPI_VALUE;
}

static void take_ipi(struct task *k)
{
	siginfo_t info;

	make_ipi(k, &info);
	k->delivered = 0;
	raise_signal(k, SIGSYS, &info);
	if (k->delivered)
		sim_fail("the program is told of an interrupt");
}

/* On the stack of the thread, below all that it has there. */
static void take_nested(struct task *k)
{
	static const uint64_t inside = 8;
	struct kucontext uc;
	siginfo_t info;

	memset(&uc, 0, sizeof(uc));
	uc.mc.rip = (uint64_t)rt_text_start + inside;
	uc.mc.rsp = (uint64_t)__builtin_frame_address(0);
	make_ipi(k, &info);
	sim_trace("an interrupt finds it in the runtime");
	k->nested++;
	k->blocked = true;
	rt_handle_signal(SIGSYS, &info, &uc, k->t);
	k->blocked = uc.uc_sigmask & SIGBIT(SIGSYS);
	k->nested--;
	if (uc.mc.rip != (uint64_t)rt_section_again)
		return;
	sim_trace("goes back to the start of its section");
	if (k->asking)
		sim_fail("sent back while it asks the server: the descriptor "
			 "stays open");
	/* the handlers that this one has interrupted are gone with it */
	k->nested = 0;
	rt_section_again();
}

void machine_interrupt(struct task *k)
{
	while (k->ipi && !k->blocked && k->in_handler && k->nested < 3 &&
	       (k->ipi_seen || !sched_late()))
		take_nested(k);
}

/* The program's own signals, some of which look much like an interrupt. */
static void take_usr(struct task *k)
{
	static const struct own {
		int sig, code;
		uint64_t value;
	} owns[] = {
		{ SIGUSR1, SI_TKILL, 0 },
		{ SIGSYS, SI_TKILL, RT_IPI_VALUE },
		{ SIGSYS, SI_QUEUE, RT_IPI_VALUE + 1 },
		{ SIGSYS, SI_USER, 0 }, /* it has lost its value */
	};
	const struct own *own = &owns[sim_below(&k->rng, 4)];
	uint32_t begun = sgx_notes_begun(note_of(k));
	bool may_be_lost = is_being_interrupted(k);
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	k->usr = false;
	k->delivered = 0;
	info.si_code = own->code;
	info.si_pid = own->code ? 1 : 0;
	if (own->value)
		info.si_ptr = (void *)own->value;
	raise_signal(k, own->sig, &info);
	may_be_lost |= begun != sgx_notes_begun(note_of(k));
	if (k->delivered != own->sig && (own->code || !may_be_lost))
		sim_fail("the program's own signal %d is lost", own->sig);
}

/*
 * Between two instructions: others' turns, then signals.  What was just sent
 * may come an instruction later, unless its sender made sure.
 */
static void boundary(struct task *k)
{
	SIM_POINT();
	for (;;) {
		if (k->ipi && (k->ipi_seen || !sched_late()))
			take_ipi(k);
		else if (k->usr)
			take_usr(k);
		else
			return;
	}
}

/*
 * Instructions that use no memory.  Without them it would hardly ever be the
 * enclave's own code that others come in between.
 */
void machine_compute(struct task *k, uint32_t n)
{
	while (n-- && machine_inside(k))
		boundary(k);
}

/* ENCLU --------------------------------------------------------------- */

/* Until it retires, or the thread is elsewhere. */
enum step machine_enclu(struct task *k)
{
	struct machine_context *mc = &k->uc->mc;
	bool inside = machine_inside(k);
	uint64_t rip = mc->rip;

	do {
		boundary(k);
		if (machine_inside(k) != inside)
			return STEP_LEFT;
		k->delivered = 0;
		k->at_enclu = true;
		raise_fault(k, SIGILL, VECTOR_UD, 0, 0);
		k->at_enclu = false;
	} while (mc->rip == rip && !k->delivered);
	return k->delivered ? STEP_SIGNAL : STEP_DONE;
}

/* Registers that an AEX must save, and ERESUME bring back. */
static uint64_t mark(const struct task *k)
{
	return 0x1234500000ull + (uint64_t)(k - tasks);
}

/* Without a trap ------------------------------------------------------ */

static void take_registers(struct task *k)
{
	const struct machine_context *mc = &k->uc->mc;

	k->t->lp.r = (struct lp_regs){ .rax = mc->rax,
				       .rbx = mc->rbx,
				       .rcx = mc->rcx,
				       .r15 = mc->r15,
				       .rip = mc->rip,
				       .rflags = mc->eflags };
}

static void give_registers(struct task *k)
{
	struct machine_context *mc = &k->uc->mc;
	const struct lp_regs *r = &k->t->lp.r;

	mc->rax = r->rax;
	mc->rbx = r->rbx;
	mc->rcx = r->rcx;
	mc->rip = r->rip;
	mc->eflags = r->rflags;
}

/*
 * The leaf as plain.S has it made: true if it is done.  Signals find the thread
 * when that is over, by a trap; `stays`: it goes on in the enclave.
 */
static bool make_plainly(struct task *k, bool (*leaf)(struct thread *t),
			 bool stays)
{
	bool done;

	take_registers(k);
	k->in_handler = k->plainly = true;
	k->nested = 0;
	k->plain_due = false;
	done = leaf(k->t);
	if (done && stays && sgx_processor_resume(sim_mm(k), &k->t->lp))
		k->plain_due = true;
	k->in_handler = k->plainly = false;
	if (done)
		give_registers(k);
	return done;
}

static void end_plainly(struct task *k)
{
	if (!k->plain_due)
		return;
	k->plain_ending = true;
	raise_fault(k, SIGTRAP, VECTOR_BP, 0, 0);
}

/* EENTER through the vDSO.  False: the instruction has to do it. */
static bool enter_plainly(struct task *k)
{
	bool entered;

	if (!sim_below(&k->rng, 2))
		return false;
	entered = make_plainly(k, rt_enter_plainly, true);
	end_plainly(k);
	return entered;
}

/* A leaf inside, which a jump has brought there.  The trap makes it if need be.
 */
static enum step leaf_inside(struct task *k, bool (*leaf)(struct thread *t),
			     bool stays)
{
	if (!sim_below(&k->rng, 2))
		return machine_enclu(k);
	boundary(k);
	if (!machine_inside(k))
		return STEP_LEFT;
	k->delivered = 0;
	if (!make_plainly(k, leaf, stays))
		k->plain_makes = k->plain_due = k->at_enclu = true;
	end_plainly(k);
	k->at_enclu = false;
	return k->delivered ? STEP_SIGNAL : STEP_DONE;
}

enum step machine_enter(struct task *k, unsigned int e, unsigned int tcs)
{
	struct machine_context *mc = &k->uc->mc;
	enum step r;

	sim_trace("EENTER enclave %u, TCS %u", e, tcs);
	mc->rip = OUTSIDE;
	mc->rax = ENCLU_EENTER;
	mc->rbx = encl_base(e) + (PAGE_TCS + tcs) * SGX_PAGE_SIZE;
	mc->rcx = AEP;
	mc->r15 = mark(k);
	boundary(k);
	r = enter_plainly(k) ? STEP_DONE : machine_enclu(k);
	return r == STEP_DONE && !machine_inside(k) ? STEP_LEFT : r;
}

/* The registers are those that the AEX gave. */
enum step machine_resume(struct task *k)
{
	enum step r;

	do {
		sim_trace("ERESUME");
		r = machine_enclu(k);
	} while (r == STEP_DONE && !machine_inside(k));
	if (r == STEP_DONE && k->uc->mc.r15 != mark(k))
		sim_fail("ERESUME: r15 is 0x%lx: the SSA does not hold what "
			 "the AEX left there",
			 (unsigned long)k->uc->mc.r15);
	return r;
}

enum step machine_eexit(struct task *k)
{
	enum step r;

	k->uc->mc.rax = ENCLU_EEXIT;
	k->uc->mc.rbx = OUTSIDE + 16;
	r = leaf_inside(k, rt_exit_plainly, false);
	if (r != STEP_DONE)
		return r;
	if (machine_inside(k))
		sim_fail("EEXIT retired, and the thread is inside");
	if (k->uc->mc.rip != OUTSIDE + 16)
		return STEP_LEFT; /* an AEX: the trap came before it */
	return STEP_DONE;
}

/* An AEX may come right behind it: what it gave is seen after ERESUME. */
enum step machine_eaccept(struct task *k, unsigned int e, unsigned int page,
			  uint64_t flags)
{
	struct machine_context *mc = &k->uc->mc;
	uint64_t rip = mc->rip;
	enum step r = STEP_DONE;

	mc->rax = ENCLU_EACCEPT;
	mc->rbx = encl_base(e) + PAGE_CODE * SGX_PAGE_SIZE +
		  secinfo_offset(flags);
	mc->rcx = encl_base(e) + page * SGX_PAGE_SIZE;
	while (r != STEP_SIGNAL && (mc->rip == rip || !machine_inside(k)))
		r = machine_inside(k) ? leaf_inside(k, rt_leaf_plainly, true) :
					machine_resume(k);
	if (r != STEP_SIGNAL)
		sim_trace("EACCEPT of page %u: RAX %lu", page,
			  (unsigned long)mc->rax);
	return r;
}

/* Memory -------------------------------------------------------------- */

static void read_word(const uint64_t *at, struct copy *copy, unsigned int e,
		      unsigned int page, unsigned int word)
{
	if (*at != copy->word[word])
		sim_fail("enclave %u, page %u: the enclave reads 0x%lx where "
			 "it wrote 0x%lx",
			 e, page, (unsigned long)*at,
			 (unsigned long)copy->word[word]);
}

static void do_access(struct task *k, unsigned int e, unsigned int page,
		      unsigned int word, int prot)
{
	struct encl_copy *encl = &world.encl[e];
	struct copy *copy = &encl->page[page];
	uint64_t *at = (uint64_t *)(sim_mm(k)->cpu.epc + encl->epc_base +
				    page * SGX_PAGE_SIZE) +
		       word * 128;

	check_access(e, page);
	if (prot & ~copy->prot)
		sim_fail("enclave %u, page %u: access %d is allowed, and %d "
			 "has been in force",
			 e, page, prot, copy->prot);
	if (prot == PROT_WRITE) {
		memory_dirty(at, sizeof(*at));
		*at = copy->word[word] = sim_mix(&k->rng);
	} else {
		read_word(at, copy, e, page, word);
	}
}

enum step machine_access(struct task *k, unsigned int e, unsigned int page,
			 unsigned int word, int prot)
{
	struct proc *p = &world.proc[k->proc];
	uint64_t la = encl_base(e) + page * SGX_PAGE_SIZE + word * 1024;
	int real;

	k->delivered = 0;
	for (;;) {
		boundary(k);
		if (!machine_inside(k))
			return STEP_LEFT;
		real = p->prot[e][page];
		if (real & prot)
			break;
		raise_fault(k, SIGSEGV, VECTOR_PF,
			    PF_USER | (real ? PF_PROT : 0) |
				    (prot == PROT_WRITE ? PF_WRITE : 0) |
				    (prot == PROT_EXEC ? PF_INSTR : 0),
			    la);
		if (k->delivered)
			return STEP_SIGNAL;
	}
	do_access(k, e, page, word, prot);
	k->uc->mc.rip++;
	return STEP_DONE;
}
