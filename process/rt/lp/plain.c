/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER through the vDSO, and EEXIT back to it, without a trap (plain.S), and
 * signals that come meanwhile.  The program's handlers see a thread before the
 * instruction, or behind it, and in no state between.
 */
#include "process/rt/lp/plain.h"
#include "cpu/entry.h"
#include "cpu/mem.h"
#include "cpu/xsave.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"

#include "vdso_offsets.h"

#define RFLAGS_OF_EQUAL (RFLAGS_ZF | RFLAGS_PF)

#define RUN 16 /* from RBP: kernel/vdso/vsgx.S */

struct plain_id *rt_plain_ids;

static uint64_t vdso(uint64_t offset)
{
	return rt_params.vdso_address + offset;
}

static struct plain_id *id_of(uint32_t tid)
{
	return &rt_plain_ids[tid % PLAIN_IDS];
}

/* Not with --no-patch: there all that can trap does. */
bool rt_plain_is_possible(void)
{
	return rt_process.fsgsbase && rt_params.package.patch;
}

/*
 * A thread whose ES says nothing asks the kernel for its id: the stack and FS
 * prove nothing, because a program may switch both.  The entry for this id here
 * is of its slot, or of a thread that has died, which had another FS base.
 */
void rt_plain_know(struct thread *t)
{
	uint64_t slot = ((uint64_t)t - RT_SLOTS) >> RT_SLOT_SHIFT;
	struct plain_id id = { .tid = t->tid, .slot = (uint32_t)slot };

	if (!rt_plain_is_possible() || !rt_is_own(t) || !t->lp.cr_enclave_mode)
		return;
	plain_of(t)->fsbase = t->lp.cr_save_fsbase;
	__atomic_store(id_of(t->tid), &id, __ATOMIC_RELEASE);
}

void rt_plain_forget(uint32_t tid)
{
	if (id_of(tid)->tid == tid)
		id_of(tid)->tid = 0;
}

/* The thread's registers as they are at the vDSO's ENCLU. */
static void take(struct plain *p, struct lp_regs *r)
{
	p->regs[0] = ENCLU_EENTER;
	p->regs[1] = vdso(VDSO_SGX_ENCLU);
	memcpy(r, p->regs, sizeof(p->regs));
	r->rip = vdso(VDSO_SGX_ENCLU);
	r->rflags = (p->rflags & ~(RFLAGS_STATUS | RFLAGS_TF)) |
		    RFLAGS_OF_EQUAL;
}

struct plain_target rt_plain_targets[PLAIN_LANDS];

/* Where plain.S comes to `rip` from, or 0: there are more threads than that. */
static uint64_t land_at(const struct plain *p, uint64_t rip)
{
	uint64_t slot = ((uint64_t)p - RT_SLOTS) >> RT_SLOT_SHIFT;

	if (slot >= PLAIN_LANDS)
		return 0;
	rt_plain_targets[slot].rip = rip;
	return (uint64_t)rt_plain_lands + slot * PLAIN_LAND_SIZE;
}

void rt_plain_give(struct plain *p, const struct lp_regs *r)
{
	memcpy(p->regs, r, sizeof(p->regs));
	p->rip = r->rip;
	p->rflags = r->rflags;
	p->land = land_at(p, r->rip);
	if (!p->land)
		p->due = 1;
}

/* `tid`: as the kernel says; 0: ES has said that it is t. */
static bool is_it(struct thread *t, uint32_t tid)
{
	if (!tid)
		return true;
	if (t->tid != tid)
		return false;
	rt_identity_take(t);
	return true;
}

/* From plain.S, on the slot's stack; goes on with what is in *p. */
void rt_plain_go(struct thread *t, uint32_t tid)
{
	struct plain *p = plain_of(t);

	take(p, &t->lp.r);
	if (is_it(t, tid) && rt_enter_plainly(t) &&
	    sgx_processor_resume(&rt_process.mm, &t->lp))
		p->due = 1;
	rt_plain_give(p, &t->lp.r);
}

uint64_t rt_plain_out_to(void)
{
	return vdso(VDSO_SGX_ENCLU) + ENCLU_SIZE;
}

/* The registers that plain.S did not need to keep. */
static void take_out(struct plain *p, struct lp_regs *r)
{
	p->regs[0] = ENCLU_EEXIT;
	p->regs[1] = 0;
	p->regs[3] = rt_plain_out_to();
	memcpy(r, p->regs, sizeof(p->regs));
	r->rip = rt_plain_out_to();
	/* the enclave's own would have trapped: it is a tracer's */
	r->rflags = p->rflags & ~RFLAGS_TF;
}

/* From plain.S, likewise. */
void rt_plain_out(struct thread *t, uint32_t tid)
{
	struct plain *p = plain_of(t);

	take_out(p, &t->lp.r);
	if (!is_it(t, tid) || !t->lp.cr_enclave_mode || t->lp.cr_saved_tf ||
	    !rt_exit_plainly(t))
		p->exits = p->due = 1;
	rt_plain_give(p, &t->lp.r);
}

static bool is_between(uint64_t rip, const char *start, const char *end)
{
	return rip >= (uint64_t)start && rip < (uint64_t)end;
}

static bool exit_begins(uint64_t rip)
{
	return is_between(rip, rt_plain_out_asks, rt_plain_out_saved);
}

/* It leaves: nothing is lost but what EEXIT writes. */
static bool back_at_exit(struct thread *t, struct machine_context *mc)
{
	if (!exit_begins(mc->rip))
		return false;
	if (mc->rip >= (uint64_t)rt_plain_out_called)
		mc->eflags = mc->r11 & ~RFLAGS_TF;
	if (mc->rip != (uint64_t)rt_plain_out_asks)
		mc->r11 = mc->rbx;
	mc->rax = ENCLU_EEXIT;
	mc->rcx = 0;
	mc->rbx = mc->rip = rt_plain_out_to();
	plain_of(t)->on = 0;
	t->plain.exits = true;
	return true;
}

bool rt_plain_exits(struct thread *t)
{
	bool exits = t->plain.exits;

	t->plain.exits = false;
	return exits;
}

bool rt_plain_begins(const struct kucontext *uc)
{
	return is_between(uc->mc.rip, rt_plain_start, rt_plain_saved) ||
	       is_between(uc->mc.rip, rt_plain_unknown, rt_plain_done) ||
	       is_between(uc->mc.rip, rt_plain_leaf_start,
			  rt_plain_leaf_saved) ||
	       exit_begins(uc->mc.rip);
}

bool rt_plain_back(struct thread *t, struct kucontext *uc, bool exception)
{
	struct machine_context *mc = &uc->mc;
	uint64_t run, tcs;

	if (back_at_exit(t, mc) || rt_plain_leaf_back(t, uc) ||
	    !rt_plain_begins(uc))
		return false;
	plain_of(t)->on = 0;
	if (mc->rip == (uint64_t)rt_plain_called)
		mc->r11 = mc->rbx;
	mc->rax = ENCLU_EENTER;
	mc->eflags = (mc->eflags & ~RFLAGS_STATUS) | RFLAGS_OF_EQUAL;
	/* the access faults again, in the vDSO */
	if (exception || rt_get(&run, mc->rbp + RUN, sizeof(run)) ||
	    rt_get(&tcs, run, sizeof(tcs))) {
		mc->rip = vdso(VDSO_SGX_AGAIN);
		return exception;
	}
	mc->rbx = tcs;
	mc->rcx = mc->rip = vdso(VDSO_SGX_ENCLU);
	return false;
}

/* Asynchronous signals are blocked until the end, so there is one only. */
static void keep(struct thread *t, int sig, const siginfo_t *info,
		 struct kucontext *uc)
{
	struct plain *p = plain_of(t);

	p->signal = (uint32_t)sig;
	p->mask = uc->uc_sigmask;
	t->plain.info = *info;
	uc->uc_sigmask |= ~RT_SYNC_SIGNALS;
}

bool rt_plain_defer(struct thread *t, int sig, const siginfo_t *info,
		    struct kucontext *uc)
{
	bool leaves = is_between(uc->mc.rip, rt_plain_leave, rt_plain_left) ||
		      is_between(uc->mc.rip, rt_plain_out_leave,
				 rt_plain_out_left);
	struct plain *p = plain_of(t);

	if (!p->on && !leaves)
		return false;
	p->due = 1;
	if (leaves) {
		p->on = 1;
		uc->mc.rip = (uint64_t)rt_plain_trap;
		uc->mc.rsp = (uint64_t)p;
	}
	if (sig == SIGSYS && rt_is_ipi(info))
		return true; /* its end looks for that */
	if (rt_sync_index(sig) < 0) {
		keep(t, sig, info, uc);
		return true;
	}
	rt_signal_keep(t, sig, info);
	return true;
}

bool rt_plain_ends(const struct kucontext *uc)
{
	return uc->mc.rip == (uint64_t)rt_plain_trap;
}

static void show(const struct plain *p, struct machine_context *mc)
{
	const uint64_t *r = p->regs;

	mc->rax = r[0], mc->rcx = r[1], mc->rdx = r[2], mc->rbx = r[3];
	mc->rsp = r[4], mc->rbp = r[5], mc->rsi = r[6], mc->rdi = r[7];
	mc->r8 = r[8], mc->r9 = r[9], mc->r10 = r[10], mc->r11 = r[11];
	mc->r12 = r[12], mc->r13 = r[13], mc->r14 = r[14], mc->r15 = r[15];
	mc->rip = p->rip;
	mc->eflags = p->rflags;
}

int rt_plain_end(struct thread *t, struct kucontext *uc)
{
	struct plain *p = plain_of(t);
	int sig = (int)p->signal;

	show(p, &uc->mc);
	if (sig)
		uc->uc_sigmask = p->mask;
	t->plain.exits = p->exits;
	/* a signal comes before it */
	t->plain.makes = p->makes && !sig;
	p->on = p->due = p->signal = p->exits = p->makes = 0;
	return sig;
}
