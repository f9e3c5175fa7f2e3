/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AEX of a thread that was killed.  On hardware a kill is an interrupt, so
 * the thread leaves the enclave before the kernel ends it.  Here it can be
 * killed at any instruction, and another thread does its AEX.
 * SDM "Asynchronous Enclave Exit (AEX)".
 */
#include "cpu/entry.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/processors.h"

/* DEVIATION DP12: the registers are lost, so the frame is cleared. */
static void clear_frame(struct lp *lp, uint64_t tcs_pa, struct sgx_tcs *tcs)
{
	uint64_t secs_pa = epcm_of(lp->cpu, tcs_pa)->enclavesecs;
	struct ssa_frame frame;

	if (ssa_find(lp, secs_pa, tcs, tcs->cssa, &frame))
		return;
	memset(epc_ptr(lp->cpu, frame.gpr_pa), 0, sizeof(struct sgx_gprsgx));
	tcs_set_cssa(tcs, tcs->cssa + 1);
}

/* CHANGING: it was about to enter, and has not; or to leave, and has. */
static void leave(struct lp *lp, const struct processor *processor)
{
	struct sgx_tcs *tcs = epc_ptr(lp->cpu, processor->tcs);
	const struct epcm *epcm = epcm_of(lp->cpu, processor->tcs);
	uint64_t state = tcs_load_state(tcs);

	/* It may have held the TCS without having claimed it. */
	if (!epcm_valid(epcm) || epcm->pt != PT_TCS || !(state & TCS_STATE) ||
	    !tcs_is_owned_by(state, processor->owner))
		return;
	if ((state & TCS_STATE) == TCS_ACTIVE)
		clear_frame(lp, processor->tcs, tcs);
	tcs_release(tcs);
}

void lp_killed(struct lp *lp, struct processor *processor)
{
	if (processor->tcs != EPC_NONE)
		leave(lp, processor);
	processor_clear(processor);
}
