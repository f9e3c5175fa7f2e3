/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EMODPE: the enclave extends the permissions of a page of its own.
 * SDM "EMODPE - Extend an EPC Page Permissions", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/guard.h"
#include "cpu/mem.h"
#include "cpu/patch.h"

static int check_addresses(struct lp *lp, uint64_t *secinfo_pa, uint64_t *pa)
{
	const struct lp_regs *r = &lp->r;

	if (!is_aligned(r->rbx, sizeof(struct sgx_secinfo)) ||
	    !is_aligned(r->rcx, SGX_PAGE_SIZE))
		return gp0(lp, NOT_ALIGNED, r->rbx, r->rcx, r->rdx);
	if (!in_elrange(lp, r->rbx) || !in_elrange(lp, r->rcx))
		return gp0(lp, OUTSIDE_ELRANGE, r->rbx, r->rcx, r->rdx);
	if (walk_to_epc(lp, r->rbx, 0, r->rbx, secinfo_pa) ||
	    walk_to_epc(lp, r->rcx, 0, r->rcx, pa))
		return -1;
	return 0;
}

static int check_target(struct lp *lp, const struct epcm *epcm)
{
	if (!epcm_valid(epcm) || epcm->pending || epcm->modified ||
	    epcm->blocked || epcm->pt != PT_REG ||
	    epcm->enclavesecs != lp->cr_active_secs)
		return epcm_pf(lp, lp->r.rcx, PF_SGX, epcm, lp->cr_active_secs);
	return 0;
}

/*
 *   #GP(0)	RBX or RCX is not aligned or outside ELRANGE
 *   #PF(...)	RBX or RCX is not in the EPC
 *   #PF(RBX)	the SECINFO is not in a page that the enclave may read
 *   #GP(0)	SECINFO has reserved bits
 *   #PF(RCX)	the page is no PT_REG of the enclave's that can be used
 *   #GP(0)	another leaf of SGX2 uses the page
 *   #PF(RCX)	the page was added for another address
 *   #GP(0)	the page would have W without R
 */
int emodpe(struct lp *lp)
{
	struct sgx_secinfo secinfo;
	uint64_t secinfo_pa = EPC_NONE, pa = EPC_NONE;

	if (check_addresses(lp, &secinfo_pa, &pa))
		return -1;
	if (enclave_page(lp, lp->r.rbx, secinfo_pa, 0))
		return -1;
	memcpy(&secinfo, epc_ptr(lp->cpu, secinfo_pa), sizeof(secinfo));
	if (!secinfo_reserved_zero(&secinfo))
		return gp0(lp, SECINFO_RESERVED);
	if (check_target(lp, epcm_of(lp->cpu, pa)))
		return -1;

	struct epcm *epcm GUARD(sgx2) = take_sgx2(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, PAGE_CONFLICT, lp->r.rcx);
	if (check_target(lp, epcm))
		return -1;
	if (epcm->enclaveaddress != lp->r.rcx)
		return pf(lp, lp->r.rcx, PF_SGX,
			  "the page at %x was added for "
			  "%x",
			  lp->r.rcx, epcm->enclaveaddress);
	/* DEVIATION DC26: the newer text does not say what this gives. */
	if (!epcm->r && !(secinfo.flags & SGX_SECINFO_R) &&
	    secinfo.flags & SGX_SECINFO_W)
		return gp0(lp, "permissions %p: W needs R",
			   secinfo.flags & SGX_SECINFO_PERMISSION_MASK);
	epcm_change(epcm, 0, secinfo.flags & SGX_SECINFO_PERMISSION_MASK);
	if (secinfo.flags & SGX_SECINFO_W)
		patch_undo(lp->cpu, pa);
	return 0;
}
