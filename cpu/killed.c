/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AEX of a thread that is no more.  On a machine the kill is an interrupt,
 * and the thread leaves the enclave before the kernel ends it; here it just
 * vanished, at any instruction.
 * SDM "Asynchronous Enclave Exit (AEX)".
 */
#include "cpu/entry.h"
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/mem.h"

/* DEVIATION DP12: what it had in its registers is lost. */
static void save_nothing(const struct lp *lp, const struct ssa_frame *frame)
{
	memset(epc_ptr(lp->cpu, frame->gpr_pa), 0, sizeof(struct sgx_gprsgx));
}

void lp_killed(struct lp *lp, uint64_t tcs_pa, const uint32_t *epoch)
{
	uint64_t secs_pa = epcm_of(lp->cpu, tcs_pa)->enclavesecs;
	struct sgx_tcs *tcs = epc_ptr(lp->cpu, tcs_pa);
	struct ssa_frame frame;
	bool inside;

	/* About to enter, or to leave: as if it had not, or had. */
	inside = (tcs->state & TCS_STATE) == TCS_ACTIVE &&
		 !ssa_find(lp, secs_pa, tcs, tcs->cssa, &frame);
	if (inside) {
		save_nothing(lp, &frame);
		set_cssa(tcs, tcs->cssa + 1);
	}
	__atomic_store_n(&tcs->state, TCS_INACTIVE, __ATOMIC_RELEASE);
	if (inside)
		release_frame(lp, tcs_pa, &frame);
	if (epoch)
		secs_leave(secs_hidden_at(lp->cpu, secs_pa), *epoch);
}
