/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EMODT: change the type of a page: to a TCS, or to one that can be removed.
 * SDM "EMODT - Change the Type of an EPC Page", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/patch.h"

static bool transition_legal(unsigned from, unsigned to)
{
	return from == PT_REG || (from == PT_TCS && to == PT_TRIM);
}

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SECINFO has reserved bits, or its type is not TCS or TRIM
 *   SGX_EPC_PAGE_CONFLICT	another leaf uses the page
 *   #PF(RCX)	the page is not valid
 *   SGX_EPC_PAGE_CONFLICT	another leaf of SGX2 uses the page
 *   #PF(RCX)	the page cannot become of that type
 *   SGX_PAGE_NOT_MODIFIABLE	the page is PENDING or MODIFIED
 *   #GP(0)	there was no EINIT yet
 */
int emodt(struct lp *lp)
{
	struct secs_hidden *hidden;
	struct sgx_secinfo secinfo;
	uint64_t pa;
	unsigned pt;

	if (encls_modified_page(lp, &secinfo, &pa))
		return -1;
	pt = secinfo_pt(&secinfo);
	if (pt != PT_TCS && pt != PT_TRIM)
		return gp0(lp,
			   "SECINFO's page type is %t, neither PT_TCS nor "
			   "PT_TRIM",
			   pt);

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);

	struct epcm *sgx2 GUARD(sgx2) = take_sgx2(lp->cpu, pa);

	if (!sgx2)
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, lp->r.rcx);
	if (!transition_legal(epcm->pt, pt))
		return encls_pf(lp, lp->r.rcx,
				"the page is a %t, which cannot "
				"become a %t",
				epcm->pt, pt);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_MODIFIABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (!secs_initialised(secs_at(lp->cpu, epcm->enclavesecs)))
		return gp0(lp, NO_EINIT);
	/* Also before the change, in case the thread dies between the two. */
	hidden = secs_hidden_at(lp->cpu, epcm->enclavesecs);
	secs_stamp(hidden, epcm);
	/* Nobody can use the page any more when its type changes. */
	epcm_change(epcm, SGX_SECINFO_PR | SGX_SECINFO_PERMISSION_MASK,
		    SGX_SECINFO_MODIFIED);
	patch_undo(lp->cpu, pa);
	epcm->pt = (uint8_t)pt;
	secs_stamp(hidden, epcm);
	return encls_return(lp, SGX_SUCCESS);
}
