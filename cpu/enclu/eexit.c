/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EEXIT: SDM "EEXIT - Exits an Enclave", Operation.  Whatever the enclave left
 * in the other registers stays there, RSP and RBP among them.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/entry.h"

int eexit(struct lp *lp)
{
	if (!canonical(lp->r.rbx))
		return gp0(lp, "the target %x is not canonical", lp->r.rbx);
	lp->r.rip = lp->r.rbx;
	lp->r.rcx = current_tcs(lp)->aep;
	leave_enclave(lp);
	lp->pending_db = lp->r.rflags & RFLAGS_TF;
	return 0;
}
