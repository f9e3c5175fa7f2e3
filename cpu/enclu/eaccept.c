/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EACCEPT: the enclave agrees to what the kernel did to a page (EAUG, EMODPR,
 * EMODT), once no processor can use it as it was before.
 * SDM "EACCEPT - Accept Changes to an EPC Page", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/guard.h"
#include "cpu/mem.h"

#define STATE_FLAGS \
	(SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED | SGX_SECINFO_PR)
#define COMPARED_FLAGS \
	(SGX_SECINFO_PERMISSION_MASK | SGX_SECINFO_PENDING | \
	 SGX_SECINFO_MODIFIED)

/* The combinations of type and state that the kernel's leaves can produce. */
static bool request_legal(const struct sgx_secinfo *secinfo)
{
	uint64_t state = secinfo->flags & STATE_FLAGS;

	switch (secinfo_pt(secinfo)) {
	case PT_REG:
		return state && !(state & SGX_SECINFO_MODIFIED);
	case PT_TCS:
	case PT_TRIM:
		return state == SGX_SECINFO_MODIFIED;
	}
	return false;
}

static bool target_ours(const struct lp *lp, const struct epcm *epcm)
{
	return epcm_valid(epcm) && epcm->enclavesecs == lp->cr_active_secs;
}

static int check_target(struct lp *lp, const struct epcm *epcm)
{
	if (!target_ours(lp, epcm) || epcm->blocked)
		return epcm_pf(lp, lp->r.rcx, PF_SGX, epcm, lp->cr_active_secs);
	if (epcm->pt != PT_REG && epcm->pt != PT_TCS && epcm->pt != PT_TRIM)
		return epcm_pf(lp, lp->r.rcx, PF_SGX, epcm, lp->cr_active_secs);
	return 0;
}

/* Does the page look as the enclave expects?  PR is not compared. */
static bool matches(const struct lp *lp, const struct epcm *epcm,
		    const struct sgx_secinfo *secinfo)
{
	return epcm->enclaveaddress == lp->r.rcx &&
	       epcm->pt == secinfo_pt(secinfo) &&
	       !((epcm->flags ^ secinfo->flags) & COMPARED_FLAGS);
}

/* DEVIATION DC31: NSSA and CSSA may both be 0. */
static bool frames_legal(const struct sgx_tcs *tcs)
{
	return !tcs->cssa || tcs->cssa < tcs->nssa;
}

/* A page becomes a thread only if it is one that EADD could have made. */
static int check_tcs(struct lp *lp, const struct sgx_tcs *tcs)
{
	if (tcs->ocetssa || tcs->prevssp ||
	    !mem_is_zero(tcs->reserved, sizeof(tcs->reserved)))
		return gp0(lp, "reserved fields of the TCS are not zero");
	if (tcs->flags & TCS_DBGOPTIN || !frames_legal(tcs) || tcs->aep ||
	    tcs->state != TCS_INACTIVE)
		return gp0(lp,
			   "the page at %x is no legal TCS: DBGOPTIN, "
			   "CSSA, AEP or STATE is wrong",
			   lp->r.rcx);
	return 0;
}

/*
 *   #GP(0)	RBX is not aligned or outside ELRANGE
 *   #PF(RBX)	the SECINFO is not in a page that the enclave may read
 *   #GP(0)	SECINFO has reserved bits
 *   #GP(0)	RCX is not aligned or outside ELRANGE
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SECINFO describes no state to accept
 *   #PF(RCX)	the page is not the enclave's, or blocked, or of another type
 *   #GP(0)	another leaf uses the page
 *   SGX_PAGE_ATTRIBUTES_MISMATCH	the page is not as SECINFO says
 *   SGX_NOT_TRACKED			threads may still be using it as it was
 *   #GP(0)	the page is no legal TCS
 */
int eaccept(struct lp *lp)
{
	struct sgx_secinfo secinfo;
	uint64_t secinfo_pa, pa;

	if (enclave_operand(lp, lp->r.rbx, sizeof(secinfo), 0, &secinfo_pa))
		return -1;
	memcpy(&secinfo, epc_ptr(lp->cpu, secinfo_pa), sizeof(secinfo));
	if (!secinfo_reserved_zero(&secinfo))
		return gp0(lp, SECINFO_RESERVED);
	if (!is_aligned(lp->r.rcx, SGX_PAGE_SIZE) || !in_elrange(lp, lp->r.rcx))
		return gp0(lp, "RCX %x is not page aligned, or outside ELRANGE",
			   lp->r.rcx);
	if (walk_to_epc(lp, lp->r.rcx, 0, lp->r.rcx, &pa))
		return -1;
	if (!request_legal(&secinfo))
		return gp0(lp, "SECINFO.FLAGS %x are no change to accept",
			   secinfo.flags);
	if (check_target(lp, epcm_of(lp->cpu, pa)))
		return -1;

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, PAGE_CONFLICT, lp->r.rcx);

	struct epcm *sgx2 GUARD(sgx2) = take_sgx2(lp->cpu, pa);

	if (!sgx2)
		return gp0(lp, PAGE_CONFLICT, lp->r.rcx);
	if (!target_ours(lp, epcm))
		return epcm_pf(lp, lp->r.rcx, PF_SGX, epcm, lp->cr_active_secs);
	if (!matches(lp, epcm, &secinfo))
		return enclu_return(
			lp, SGX_PAGE_ATTRIBUTES_MISMATCH,
			"the page at %x has SECINFO.FLAGS %x, the "
			"enclave expects %x",
			lp->r.rcx,
			epcm->flags | (uint64_t)epcm->pt
					      << SGX_SECINFO_PAGE_TYPE_SHIFT,
			secinfo.flags);
	if (!secs_tracked(lp->cpu, epcm))
		return enclu_return(lp, SGX_NOT_TRACKED,
				    "threads that were in "
				    "the enclave when the page at %x changed "
				    "have not left it since",
				    lp->r.rcx);
	if (epcm->pt == PT_TCS && check_tcs(lp, epc_ptr(lp->cpu, pa)))
		return -1;
	epcm_change(epcm, STATE_FLAGS, 0);
	return enclu_return(lp, SGX_SUCCESS);
}
