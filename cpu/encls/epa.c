/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EPA: make a version array.
 * SDM "EPA - Add Version Array", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"

/*
 *   #GP(0)	RBX is not PT_VA, or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page
 *   #PF(RCX)	the page is valid
 */
int epa(struct lp *lp)
{
	uint64_t pa;

	if (lp->r.rbx != PT_VA)
		return gp0(lp, "RBX is %t, not PT_VA", lp->r.rbx);
	if (encls_page(lp, &pa))
		return -1;

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, pa);
	memset(epc_ptr(lp->cpu, pa), 0, SGX_PAGE_SIZE);
	epcm_set(epcm, PT_VA, 0, EPC_NONE, 0);
	return 0;
}
