/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asynchronous enclave exit: save the enclave's state in its SSA, show the
 * outside a synthetic state, go to the AEP.
 * SDM "Asynchronous Exit (AEX)": "Internal CPU Control Flow of AEX",
 * "Synthetic State on Asynchronous Enclave Exit", "EXITINFO".
 */
#include "cpu/cpu.h"

#include "cpu/entry.h"
#include "cpu/mem.h"

#define RFLAGS_CLEARED_BY_AEX (RFLAGS_STATUS | RFLAGS_RF)

static void save_registers(const struct lp *lp, const struct fault *event,
			   struct sgx_gprsgx *gpr)
{
	const struct lp_regs *r = &lp->r;

	/* Sixteen registers, in the same order in both. */
	_Static_assert(offsetof(struct sgx_gprsgx, rflags) ==
			       offsetof(struct lp_regs, rflags),
		       "register order");
	memcpy(gpr, r, offsetof(struct sgx_gprsgx, rflags));
	gpr->rflags = r->rflags & ~RFLAGS_TF;
	/* RF as the stack image of the event has it: set for faults. */
	if (event && event->vector != VECTOR_DB)
		gpr->rflags |= RFLAGS_RF;
	gpr->rip = r->rip;
	gpr->fsbase = r->fsbase;
	gpr->gsbase = r->gsbase;
}

static bool reported(const struct fault *event, uint32_t miscselect)
{
	switch (event->vector) {
	case VECTOR_DE:
	case VECTOR_DB:
	case VECTOR_BP:
	case VECTOR_BR:
	case VECTOR_UD:
	case VECTOR_MF:
	case VECTOR_AC:
	case VECTOR_XM:
		return true;
	case VECTOR_GP:
	case VECTOR_PF:
		return miscselect & SGX_MISC_EXINFO;
	}
	return false;
}

/* DEVIATION DC18: EXITINFO is cleared for an event that is not reported. */
static uint32_t exitinfo(const struct fault *event, uint32_t miscselect)
{
	if (!event || !reported(event, miscselect))
		return 0;
	return EXITINFO_VALID | event->vector |
	       (event->vector == VECTOR_BP ? EXITINFO_TYPE_SOFTWARE :
					     EXITINFO_TYPE_HARDWARE);
}

/* The MISC region ends where GPRSGX begins. */
static void save_exinfo(const struct lp *lp, const struct fault *event)
{
	struct sgx_exinfo *exinfo = epc_ptr(lp->cpu,
					    lp->cr_gpr_pa - sizeof(*exinfo));

	exinfo->maddr = event->vector == VECTOR_PF ? event->address : 0;
	exinfo->errcd = event->error_code;
	exinfo->reserved = 0;
}

static void save_event(const struct lp *lp, const struct fault *event,
		       uint32_t miscselect, struct sgx_gprsgx *gpr)
{
	gpr->exitinfo = exitinfo(event, miscselect);
	if (!event || !(miscselect & SGX_MISC_EXINFO))
		return;
	if (event->vector == VECTOR_PF || event->vector == VECTOR_GP)
		save_exinfo(lp, event);
}

static void synthesize_registers(struct lp *lp, const struct sgx_gprsgx *gpr,
				 uint64_t aep)
{
	struct lp_regs *r = &lp->r;

	r->rax = ENCLU_ERESUME;
	r->rbx = lp->cr_tcs_la;
	r->rcx = aep;
	r->rdx = r->rsi = r->rdi = 0;
	r->r8 = r->r9 = r->r10 = r->r11 = 0;
	r->r12 = r->r13 = r->r14 = r->r15 = 0;
	r->rsp = gpr->ursp;
	r->rbp = gpr->urbp;
	r->rip = aep;
	r->rflags &= ~RFLAGS_CLEARED_BY_AEX;
}

void aex(struct lp *lp, const struct fault *event, uint64_t *cr2)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, lp->cr_active_secs);
	struct sgx_gprsgx *gpr = epc_ptr(lp->cpu, lp->cr_gpr_pa);
	struct sgx_tcs *tcs = current_tcs(lp);
	const struct xsave_frame frame = {
		.cpu = lp->cpu,
		.pages = lp->cr_xsave_pa,
		.xfrm = secs->xfrm,
	};

	save_registers(lp, event, gpr);
	xsave_to_frame(lp, &frame);
	save_event(lp, event, secs->miscselect, gpr);
	xsave_synthesize(lp, secs->xfrm, event ? event->vector : -1);
	synthesize_registers(lp, gpr, tcs->aep);
	tcs_set_state(tcs, lp, TCS_CHANGING);
	tcs_set_cssa(tcs, tcs->cssa + 1);
	if (event && event->vector == VECTOR_PF && cr2)
		*cr2 = event->address & SGX_PAGE_MASK;
	leave_enclave(lp);
}
