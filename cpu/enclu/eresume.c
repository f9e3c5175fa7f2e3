/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ERESUME: go on where an AEX interrupted the enclave, or, if the enclave asks
 * for that (AEX-Notify), tell it of the AEX by entering it at OENTRY.
 * SDM "ERESUME - Re-Enters an Enclave", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/entry.h"
#include "cpu/mem.h"

/* The flags that come from the frame; IF, IOPL, VIF, VIP are the host's. */
#define RFLAGS_RESUMED \
	(RFLAGS_STATUS | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID | \
	 RFLAGS_RF)

static void load_registers(struct lp *lp, const struct sgx_gprsgx *gpr)
{
	memcpy(&lp->r, gpr, offsetof(struct sgx_gprsgx, rflags));
	lp->r.rflags &= ~RFLAGS_RESUMED;
	lp->r.rflags |= gpr->rflags & RFLAGS_RESUMED;
	lp->r.rip = gpr->rip;
	lp->r.fsbase = gpr->fsbase;
	lp->r.gsbase = gpr->gsbase;
}

static int restore(struct lp *lp, struct entry *entry,
		   const struct ssa_frame *frame, const struct sgx_gprsgx *gpr)
{
	const struct xsave_frame xsave = {
		.cpu = lp->cpu,
		.pages = frame->xsave_pa,
		.xfrm = entry->secs->xfrm,
	};

	if (!canonical(gpr->rip))
		return gp0(lp, "RIP %x of the SSA is not canonical", gpr->rip);
	if (!canonical(gpr->fsbase) || !canonical(gpr->gsbase))
		return gp0(lp,
			   "FSBASE %x or GSBASE %x of the SSA is not "
			   "canonical",
			   gpr->fsbase, gpr->gsbase);
	if (entry_check_claim(lp, entry))
		return -1;
	if (xrstor_faults(lp, &xsave))
		return gp0(lp,
			   "XRSTOR refuses the SSA's XSAVE area (MXCSR, or "
			   "XSTATE_BV beyond XFRM %x)",
			   entry->secs->xfrm);
	if (entry_hold(lp, frame))
		return -1;
	xrstor_from_frame(lp, &xsave);
	entry_commit(lp, entry, frame);
	load_registers(lp, gpr);
	tcs_set_cssa(entry->tcs, entry->cssa - 1);
	return 0;
}

static int resume(struct lp *lp, struct entry *entry)
{
	struct ssa_frame frame;
	struct sgx_gprsgx gpr;

	if (entry->cssa == 0)
		return gp0(lp, "TCS.CSSA is 0: there is nothing to resume");
	if (ssa_find(lp, entry->secs_pa, entry->tcs, entry->cssa - 1, &frame))
		return -1;
	/* Other threads of the enclave can write to the frame: copy it. */
	memcpy(&gpr, epc_ptr(lp->cpu, frame.gpr_pa), sizeof(gpr));
	/* DEVIATION DC19: RCX gets the next RIP, as EENTER has it. */
	if (entry->tcs->flags & TCS_AEXNOTIFY &&
	    gpr.aexnotify & GPRSGX_AEXNOTIFY)
		return entry_at_oentry(lp, entry);
	return restore(lp, entry, &frame, &gpr);
}

int eresume(struct lp *lp)
{
	struct entry entry;
	int ret;

	if (entry_begin(lp, &entry))
		return -1;
	ret = resume(lp, &entry);
	entry_end(lp, &entry, ret);
	return ret;
}
