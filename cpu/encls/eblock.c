/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EBLOCK: let no new translation of a page be made, as a first step to evict
 * it.
 * SDM "EBLOCK - Mark a page in EPC as Blocked", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/paging.h"
#include "cpu/secs.h"

static int eblock_locked(struct lp *lp, uint64_t pa)
{
	struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (!epcm_valid(epcm))
		return encls_return(lp, SGX_PG_INVLD, NO_PAGE, lp->r.rcx);
	if (epcm->pt == PT_SECS)
		return encls_return_cf(lp, SGX_PG_IS_SECS,
				       "a SECS is not blocked");
	if (!pt_is_child(epcm->pt))
		return encls_return_cf(lp, SGX_NOTBLOCKABLE,
				       "a %t is not blocked", epcm->pt);
	if (epcm->blocked)
		return encls_return_cf(lp, SGX_BLKSTATE,
				       "the page is blocked already");
	epcm_change(epcm, 0, EPCM_BLOCKED);
	/* DEVIATION DK16: not while a processor needs it to leave. */
	if (epcm_held(lp->cpu, pa)) {
		epcm_change(epcm, EPCM_BLOCKED, 0);
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    "a processor needs the page to leave");
	}
	secs_stamp(secs_hidden_at(lp->cpu, epcm->enclavesecs), epcm);
	return encls_return(lp, SGX_SUCCESS);
}

int eblock(struct lp *lp)
{
	struct epcm *epcm;
	uint64_t pa;
	int ret;

	if (encls_page(lp, &pa))
		return -1;
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_shared(epcm))
		return encls_return(lp, SGX_EPC_PAGE_CONFLICT,
				    EPC_PAGE_CONFLICT, pa);
	ret = eblock_locked(lp, pa);
	epcm_unlock_shared(epcm);
	return ret;
}
