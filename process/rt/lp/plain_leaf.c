/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A leaf of ENCLU that a jump and its stub have brought here (plain.S,
 * stub_enclu.c), and signals that come meanwhile.  What cannot be done so, or
 * faults, is made by the trap at its end.
 */
#include "cpu/access_control.h"
#include "cpu/entry.h"
#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stub_emit.h"
#include "process/rt/rt.h"

/* The registers at the instruction. */
static void take(struct plain *p, struct lp_regs *r)
{
	p->regs[0] = p->stub->known;
	p->rip = p->stub->site;
	/* its own would have trapped: it is a tracer's */
	p->rflags &= ~RFLAGS_TF;
	memcpy(r, p->regs, sizeof(p->regs));
	r->rip = p->rip;
	r->rflags = p->rflags;
}

static bool leave(struct thread *t, struct plain *p)
{
	if (!canonical(t->lp.r.rbx) || t->lp.cr_saved_tf || !rt_exit_plainly(t))
		return false;
	rt_plain_give(p, &t->lp.r);
	p->land = (uint64_t)rt_plain_land_at_rbx;
	return true;
}

/* It is in the enclave then. */
static bool stay(struct thread *t, struct plain *p, bool done)
{
	if (!done)
		return false;
	rt_plain_give(p, &t->lp.r);
	if (sgx_processor_resume(&rt_process.mm, &t->lp))
		p->due = 1;
	return true;
}

static bool is_done(struct thread *t, struct plain *p)
{
	uint32_t leaf = p->stub->known;

	if (t->lp.cr_enclave_mode == (leaf == ENCLU_EENTER))
		return false;
	if (leaf == ENCLU_EENTER)
		return stay(t, p, rt_enter_plainly(t));
	if (leaf == ENCLU_EEXIT)
		return leave(t, p);
	return stay(t, p, rt_leaf_plainly(t));
}

/* From plain.S, on the slot's stack; goes on with what is in *p. */
void rt_plain_leaf(struct thread *t)
{
	struct plain *p = plain_of(t);

	take(p, &t->lp.r);
	if (!is_done(t, p))
		p->makes = p->due = 1;
}

bool rt_plain_leaf_back(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	const struct stub *stub = (const struct stub *)mc->rax;

	if (mc->rip < (uint64_t)rt_plain_leaf_start ||
	    mc->rip >= (uint64_t)rt_plain_leaf_saved)
		return false;
	mc->rax = stub->known;
	mc->rcx = plain_of(t)->regs[1];
	mc->rip = stub->site;
	return true;
}

bool rt_plain_makes(struct thread *t)
{
	bool makes = t->plain.makes;

	t->plain.makes = false;
	return makes;
}

void rt_plain_make(struct thread *t, struct kucontext *uc)
{
	siginfo_t info = { .si_signo = SIGILL, .si_code = ILL_ILLOPN };

	if (!t->lp.cr_enclave_mode) {
		rt_enclu(t, uc, uc->mc.rip, 0);
		return;
	}
	uc->mc.trapno = VECTOR_UD;
	uc->mc.err = 0;
	info.si_addr = (void *)uc->mc.rip;
	rt_exception(t, uc, VECTOR_UD, &info, SIGILL);
}
