/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EMODPR: restrict the permissions of a page.
 * SDM "EMODPR - Restrict the Permissions of an EPC Page", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SECINFO has reserved bits, or W without R
 *   #GP(0)	another leaf uses the page exclusively
 *   #PF(RCX)	the page is not valid
 *   SGX_EPC_PAGE_CONFLICT	another leaf of SGX2 uses the page
 *   SGX_PAGE_NOT_MODIFIABLE	the page is PENDING or MODIFIED
 *   #PF(RCX)	the page is no PT_REG
 *   #GP(0)	there was no EINIT yet
 */
int emodpr(struct lp *lp)
{
	struct secs_hidden *hidden;
	struct sgx_secinfo secinfo;
	uint64_t pa;

	if (encls_modified_page(lp, &secinfo, &pa))
		return -1;
	if (secinfo.flags & SGX_SECINFO_W && !(secinfo.flags & SGX_SECINFO_R))
		return gp0(lp, "permissions %p: W needs R",
			   secinfo.flags & SGX_SECINFO_PERMISSION_MASK);

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);

	struct epcm *sgx2 GUARD(sgx2) = take_sgx2(lp->cpu, pa);

	if (!sgx2)
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, lp->r.rcx);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_MODIFIABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt != PT_REG)
		return encls_pf(lp, lp->r.rcx, "the page is a %t, not a PT_REG",
				epcm->pt);
	if (!secs_initialised(secs_at(lp->cpu, epcm->enclavesecs)))
		return gp0(lp, NO_EINIT);
	/* Also before the change, in case the thread dies between the two. */
	hidden = secs_hidden_at(lp->cpu, epcm->enclavesecs);
	secs_stamp(hidden, epcm);
	epcm_change(epcm, ~secinfo.flags & SGX_SECINFO_PERMISSION_MASK,
		    SGX_SECINFO_PR);
	secs_stamp(hidden, epcm);
	return encls_return(lp, SGX_SUCCESS);
}
