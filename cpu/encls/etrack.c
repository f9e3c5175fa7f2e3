/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ETRACK: begin to watch until everybody who is inside the enclave now has
 * left it, and with that has no translation of its pages any more.
 * SDM "ETRACK - Activates EBLOCK Checks", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"

/*
 *   #GP(0)	RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page exclusively
 *   #PF(RCX)	the page is no SECS
 *   SGX_PREV_TRK_INCMPL	the cycle before is not complete
 */
int etrack(struct lp *lp)
{
	uint64_t pa;

	if (encls_page(lp, &pa))
		return -1;

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (!epcm_is_secs(epcm))
		return encls_pf(lp, lp->r.rcx, NO_SECS, lp->r.rcx);
	if (!secs_track(lp->cpu, pa))
		return encls_return(lp, SGX_PREV_TRK_INCMPL,
				    "threads that "
				    "were in the enclave at the last ETRACK "
				    "have not left it since");
	return encls_return(lp, SGX_SUCCESS);
}
