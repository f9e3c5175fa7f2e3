/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pages that a logical processor writes to when it leaves an enclave by
 * AEX: its TCS and the frame of its SSA.  Tracking does not protect them: a
 * processor that was sent away, or that is parked (cpu/processors.h), counts as
 * having left before it does its AEX.  So its place in the table lists them.
 * EBLOCK blocks no page that is held, and no processor holds a page that is
 * blocked.
 */
#ifndef SWSGX_CPU_HOLD_H
#define SWSGX_CPU_HOLD_H

#include "cpu/cpu.h"
#include "cpu/ssa.h"

/* Hold the TCS.  The caller tests it only after that. */
void hold_tcs(struct lp *lp, uint64_t tcs_pa);
/*
 * Hold this frame instead of the one held before.  False if a page of it was
 * blocked or evicted since it was tested: the former frame is still held then.
 */
bool hold_frame(struct lp *lp, const struct ssa_frame *frame);

/* Does any processor hold the page? */
bool epcm_held(const struct cpu *cpu, uint64_t pa);

#endif
