/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAUG: add a page of zeros to an enclave that runs.  It is pending until the
 * enclave accepts it.
 * SDM "EAUG - Add a Page to an Initialized Enclave", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SECINFO, SECS or LINADDR is not aligned, or SRCPGE is not 0
 *   #PF(SECS)	SECS is not in the EPC
 *   #GP(0)	another leaf uses the page
 *   #PF(RCX)	the page is valid
 *   #GP(0)	SECINFO is not 0
 *   #GP(0)	another leaf uses the SECS exclusively
 *   #PF(SECS)	SECS is no SECS
 *   #GP(0)	there was no EINIT yet, or LINADDR is outside ELRANGE
 */
int eaug(struct lp *lp)
{
	struct sgx_pageinfo pageinfo;
	const struct sgx_secs *secs;
	uint64_t pa, secs_pa;

	if (encls_new_page(lp, &pageinfo, &pa))
		return -1;
	if (!is_aligned(pageinfo.secinfo, sizeof(struct sgx_secinfo)))
		return gp0(lp, "SECINFO %x is not aligned", pageinfo.secinfo);
	if (!is_aligned(pageinfo.secs, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo.linaddr, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x or LINADDR %x is not page aligned",
			   pageinfo.secs, pageinfo.linaddr);
	if (pageinfo.srcpge)
		return gp0(lp, "SRCPGE %x is not 0", pageinfo.srcpge);
	if (!epc_address(lp->cpu, pageinfo.secs, &secs_pa))
		return encls_pf(lp, pageinfo.secs, NOT_IN_THE_EPC,
				pageinfo.secs);

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, pa);
	/* A SECINFO is for shadow stack pages, which are not enumerated. */
	if (pageinfo.secinfo)
		return gp0(lp, "SECINFO %x is not 0", pageinfo.secinfo);

	struct epcm *secs_epcm GUARD(shared) = take_shared(lp->cpu, secs_pa);

	if (!secs_epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, secs_pa);
	if (!epcm_is_secs(secs_epcm))
		return encls_pf(lp, pageinfo.secs, NO_SECS, pageinfo.secs);
	secs = secs_at(lp->cpu, secs_pa);
	if (!secs_initialised(secs))
		return gp0(lp, NO_EINIT);
	if (!secs_holds(secs, pageinfo.linaddr))
		return gp0(lp, "LINADDR %x is outside ELRANGE",
			   pageinfo.linaddr);
	memset(epc_ptr(lp->cpu, pa), 0, SGX_PAGE_SIZE);
	secs_add_child(lp->cpu, secs_pa);
	epcm_set(epcm, PT_REG,
		 SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_PENDING, secs_pa,
		 pageinfo.linaddr);
	return 0;
}
