/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EMODPR: restrict the permissions of a page.
 * SDM "EMODPR - Restrict the Permissions of an EPC Page", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/secs.h"

/* The SGX2 lock is held too. */
static int restrict_page(struct lp *lp, struct epcm *epcm, uint64_t flags)
{
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_MODIFIABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt != PT_REG)
		return encls_pf(lp, lp->r.rcx, "the page is a %t, not a PT_REG",
				epcm->pt);
	if (!secs_initialised(secs_at(lp->cpu, epcm->enclavesecs)))
		return gp0(lp, NO_EINIT);
	/* Before it, too, for who is killed between the two. */
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	epcm_change(epcm, ~flags & SGX_SECINFO_PERMISSION_MASK,
		    SGX_SECINFO_PR);
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	return encls_return(lp, SGX_SUCCESS);
}

static int emodpr_locked(struct lp *lp, struct epcm *epcm, uint64_t flags)
{
	int ret;

	if (!epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (!epcm_trylock_sgx2(epcm))
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, lp->r.rcx);
	ret = restrict_page(lp, epcm, flags);
	epcm_unlock_sgx2(epcm);
	return ret;
}

int emodpr(struct lp *lp)
{
	struct sgx_secinfo secinfo;
	struct epcm *epcm;
	uint64_t pa;
	int ret;

	if (encls_modified_page(lp, &secinfo, &pa))
		return -1;
	if (secinfo.flags & SGX_SECINFO_W && !(secinfo.flags & SGX_SECINFO_R))
		return gp0(lp, "permissions %p: W needs R",
			   secinfo.flags & SGX_SECINFO_PERMISSION_MASK);
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_shared(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	ret = emodpr_locked(lp, epcm, secinfo.flags);
	epcm_unlock_shared(epcm);
	return ret;
}
