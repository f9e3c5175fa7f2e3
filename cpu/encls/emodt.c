/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EMODT: change the type of a page: to a TCS, or to one that can be removed.
 * SDM "EMODT - Change the Type of an EPC Page", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/patch.h"
#include "cpu/secs.h"

static bool transition_legal(unsigned from, unsigned to)
{
	return from == PT_REG || (from == PT_TCS && to == PT_TRIM);
}

/* The SGX2 lock is held too. */
static int change_type(struct lp *lp, uint64_t pa, unsigned pt)
{
	struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (!transition_legal(epcm->pt, pt))
		return encls_pf(lp, lp->r.rcx, "the page is a %t, which cannot "
				"become a %t", epcm->pt, pt);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_MODIFIABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (!secs_initialised(secs_at(lp->cpu, epcm->enclavesecs)))
		return gp0(lp, NO_EINIT);
	/* Before it, too, for who is killed between the two. */
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	/* Of no use to anybody before its type changes. */
	epcm_change(epcm, SGX_SECINFO_PR | SGX_SECINFO_PERMISSION_MASK,
		    SGX_SECINFO_MODIFIED);
	patch_undo(lp->cpu, pa);
	epcm->pt = pt;
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	return encls_return(lp, SGX_SUCCESS);
}

static int emodt_locked(struct lp *lp, uint64_t pa, unsigned pt)
{
	struct epcm *epcm = epcm_of(lp->cpu, pa);
	int ret;

	if (!epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (!epcm_trylock_sgx2(epcm))
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, lp->r.rcx);
	ret = change_type(lp, pa, pt);
	epcm_unlock_sgx2(epcm);
	return ret;
}

int emodt(struct lp *lp)
{
	struct sgx_secinfo secinfo;
	struct epcm *epcm;
	uint64_t pa;
	unsigned pt;
	int ret;

	if (encls_modified_page(lp, &secinfo, &pa))
		return -1;
	pt = secinfo_pt(&secinfo);
	if (pt != PT_TCS && pt != PT_TRIM)
		return gp0(lp, "SECINFO's page type is %t, neither PT_TCS nor "
			   "PT_TRIM", pt);
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_exclusive(epcm))
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, pa);
	ret = emodt_locked(lp, pa, pt);
	epcm_unlock_exclusive(epcm);
	return ret;
}
