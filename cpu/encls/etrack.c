/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ETRACK: begin to watch until everybody who is inside the enclave now has
 * left it, and with that has no translation of its pages any more.
 * SDM "ETRACK - Activates EBLOCK Checks", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/secs.h"

static int etrack_locked(struct lp *lp, uint64_t pa)
{
	if (!epcm_is_secs(epcm_of(lp->cpu, pa)))
		return encls_pf(lp, lp->r.rcx, NO_SECS, lp->r.rcx);
	if (!secs_track(lp->cpu, pa))
		return encls_return(lp, SGX_PREV_TRK_INCMPL, "threads that "
				    "were in the enclave at the last ETRACK "
				    "have not left it since");
	return encls_return(lp, SGX_SUCCESS);
}

int etrack(struct lp *lp)
{
	struct epcm *epcm;
	uint64_t pa;
	int ret;

	if (encls_page(lp, &pa))
		return -1;
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_shared(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	ret = etrack_locked(lp, pa);
	epcm_unlock_shared(epcm);
	return ret;
}
