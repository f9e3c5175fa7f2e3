/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EBLOCK: let no new translation of a page be made, as a first step to evict
 * it.
 * SDM "EBLOCK - Mark a page in EPC as Blocked", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/hold.h"

/*
 *   #GP(0)	RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   SGX_EPC_PAGE_CONFLICT	another leaf uses the page exclusively
 *   SGX_PG_INVLD		the page is not valid
 *   SGX_PG_IS_SECS (CF)	the page is a SECS
 *   SGX_NOTBLOCKABLE (CF)	the page belongs to no enclave
 *   SGX_BLKSTATE (CF)		the page is blocked already
 */
int eblock(struct lp *lp)
{
	uint64_t pa;

	if (encls_page(lp, &pa))
		return -1;

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm))
		return encls_return(lp, SGX_PG_INVLD, NO_PAGE, lp->r.rcx);
	if (epcm->pt == PT_SECS)
		return encls_return_cf(lp, SGX_PG_IS_SECS,
				       "a SECS cannot be blocked");
	if (!pt_is_child(epcm->pt))
		return encls_return_cf(lp, SGX_NOTBLOCKABLE,
				       "a %t cannot be blocked", epcm->pt);
	if (epcm->blocked)
		return encls_return_cf(lp, SGX_BLKSTATE,
				       "the page is blocked already");
	epcm_change(epcm, 0, EPCM_BLOCKED);
	/* DEVIATION DK16: not if a processor needs the page for its AEX. */
	if (epcm_held(lp->cpu, pa)) {
		epcm_change(epcm, EPCM_BLOCKED, 0);
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    "a processor needs the page for its AEX");
	}
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	return encls_return(lp, SGX_SUCCESS);
}
