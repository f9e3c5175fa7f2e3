/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that a logical processor inside an enclave will write to when it leaves
 * by AEX: its TCS and the frame of its SSA.  A processor that was sent away, or
 * that is parked (cpu/processors.h), counts as having left and has yet to do
 * its AEX, so tracking does not tell that these are in use.  Its place in the
 * table does: EBLOCK does not block a page that is held, and nobody holds a
 * page that is blocked.
 */
#ifndef SWSGX_CPU_HOLD_H
#define SWSGX_CPU_HOLD_H

#include "cpu/cpu.h"
#include "cpu/ssa.h"

/* Hold the TCS, before anything is done to it.  Whoever asks looks then. */
void hold_tcs(struct lp *lp, uint64_t tcs_pa);
/*
 * Hold this frame, in place of the one held before.  False, and the former one
 * still held, if a page of it was blocked or has left since it was tested.
 */
bool hold_frame(struct lp *lp, const struct ssa_frame *frame);

/* Does any processor hold the page? */
bool epcm_held(const struct cpu *cpu, uint64_t pa);

#endif
