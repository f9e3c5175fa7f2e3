/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that a logical processor inside an enclave will write to when it leaves
 * by AEX: its TCS and the frame of its SSA.  An interrupt that shows nowhere
 * (lp_retrack()) makes the processor tracked without an AEX, so tracking does
 * not tell that these are in use.  A count in the EPCM does: EBLOCK does not
 * block a page that is held, and nobody holds a page that is blocked.
 */
#ifndef SWSGX_CPU_HOLD_H
#define SWSGX_CPU_HOLD_H

#include "cpu/cpu.h"
#include "cpu/ssa.h"

/*
 * Hold the TCS at tcs_pa and the frame.  False, and nothing held, if one of
 * them was blocked or has left since it was tested.
 */
bool hold_pages(struct lp *lp, uint64_t tcs_pa, const struct ssa_frame *frame);
/*
 * The frame of a processor that is inside has changed to this one.  False, and
 * the former pages still held, if it cannot be held.
 */
bool hold_frame(struct lp *lp, const struct ssa_frame *frame);
/* The processor has left. */
void release_pages(struct lp *lp);
/* Another one has, which held these. */
void release_frame(struct lp *lp, uint64_t tcs_pa,
		   const struct ssa_frame *frame);

static inline bool epcm_held(const struct epcm *epcm)
{
	return __atomic_load_n(&epcm->held, __ATOMIC_SEQ_CST);
}

#endif
