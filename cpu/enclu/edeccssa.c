/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EDECCSSA: an AEX-Notify handler is done; drop its frame.
 * SDM "EDECCSSA - Decrements TCS.CSSA", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/entry.h"
#include "cpu/epcm.h"
#include "cpu/hold.h"

static int edeccssa_locked(struct lp *lp, struct sgx_tcs *tcs)
{
	struct ssa_frame frame;

	if (tcs->cssa == 0)
		return gp0(lp, "TCS.CSSA is 0");
	if (ssa_find(lp, lp->cr_active_secs, tcs, tcs->cssa - 1, &frame))
		return -1;
	/* A page of it was blocked since it was tested. */
	if (!hold_frame(lp, &frame))
		return pf(lp, lp->cr_tcs_la, PF_SGX | PF_WRITE,
			  "a page of the SSA was BLOCKED");
	tcs_set_cssa(tcs, tcs->cssa - 1);
	ssa_cache(lp, &frame);
	return 0;
}

int edeccssa(struct lp *lp)
{
	const struct epcm *epcm = epcm_of(lp->cpu, lp->cr_tcs_pa);
	struct sgx_tcs *tcs = current_tcs(lp);
	int ret;

	if (epcm_locked_exclusive(epcm))
		return gp0(lp, "another leaf has locked the page of the TCS");
	tcs_set_state(tcs, lp, TCS_CHANGING);
	ret = edeccssa_locked(lp, tcs);
	tcs_set_state(tcs, lp, TCS_ACTIVE);
	return ret;
}
