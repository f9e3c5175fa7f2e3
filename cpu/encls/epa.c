/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EPA: make a version array.
 * SDM "EPA - Add Version Array", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"

static int epa_locked(struct lp *lp, uint64_t pa)
{
	struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, pa);
	memset(epc_ptr(lp->cpu, pa), 0, SGX_PAGE_SIZE);
	epcm_set(epcm, PT_VA, 0, EPC_NONE, 0);
	return 0;
}

int epa(struct lp *lp)
{
	struct epcm *epcm;
	uint64_t pa;
	int ret;

	if (lp->r.rbx != PT_VA)
		return gp0(lp, "RBX is %t, not PT_VA", lp->r.rbx);
	if (encls_page(lp, &pa))
		return -1;
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	ret = epa_locked(lp, pa);
	epcm_unlock_exclusive(epcm);
	return ret;
}
