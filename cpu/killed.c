/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AEX of a thread that is no more.  On a machine the kill is an interrupt,
 * and the thread leaves the enclave before the kernel ends it; here it just
 * vanished, at any instruction.
 * SDM "Asynchronous Enclave Exit (AEX)".
 */
#include "cpu/entry.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/processors.h"

/* DEVIATION DP12: what it had in its registers is lost. */
static void save_nothing(struct lp *lp, uint64_t tcs_pa, struct sgx_tcs *tcs)
{
	uint64_t secs_pa = epcm_of(lp->cpu, tcs_pa)->enclavesecs;
	struct ssa_frame frame;

	if (ssa_find(lp, secs_pa, tcs, tcs->cssa, &frame))
		return;
	memset(epc_ptr(lp->cpu, frame.gpr_pa), 0, sizeof(struct sgx_gprsgx));
	tcs_set_cssa(tcs, tcs->cssa + 1);
}

/* About to enter, or to leave: as if it had not, or had. */
static void leave(struct lp *lp, const struct processor *processor)
{
	struct sgx_tcs *tcs = epc_ptr(lp->cpu, processor->tcs);
	const struct epcm *epcm = epcm_of(lp->cpu, processor->tcs);
	uint64_t state = tcs_load_state(tcs);

	/* It may not have got further than to look at the TCS. */
	if (!epcm_valid(epcm) || epcm->pt != PT_TCS || !(state & TCS_STATE) ||
	    !tcs_is_owned_by(state, processor->owner))
		return;
	if ((state & TCS_STATE) == TCS_ACTIVE)
		save_nothing(lp, processor->tcs, tcs);
	tcs_release(tcs);
}

void lp_killed(struct lp *lp, struct processor *processor)
{
	if (processor->tcs != EPC_NONE)
		leave(lp, processor);
	processor_clear(processor);
}
