/* SPDX-License-Identifier: BSD-3-Clause */
/* See cpu/hold.h. */
#include "cpu/hold.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/processors.h"

static bool usable(const struct epcm *epcm)
{
	uint8_t flags = __atomic_load_n(&epcm->flags, __ATOMIC_SEQ_CST);

	return epcm_valid(epcm) && !(flags & EPCM_BLOCKED);
}

void hold_tcs(struct lp *lp, uint64_t tcs_pa)
{
	__atomic_store_n(&lp->processor->tcs, tcs_pa, __ATOMIC_SEQ_CST);
}

static void list(uint64_t pa[PROCESSOR_FRAME_PAGES],
		 const struct ssa_frame *frame)
{
	memcpy(pa, frame->xsave_pa, sizeof(frame->xsave_pa));
	pa[XSAVE_MAX_PAGES] = frame->gpr_pa & SGX_PAGE_MASK;
}

static void hold(uint64_t held[PROCESSOR_FRAME_PAGES],
		 const uint64_t pa[PROCESSOR_FRAME_PAGES])
{
	for (unsigned i = 0; i < PROCESSOR_FRAME_PAGES; i++)
		__atomic_store_n(&held[i], pa[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void release(uint64_t held[PROCESSOR_FRAME_PAGES])
{
	for (unsigned i = 0; i < PROCESSOR_FRAME_PAGES; i++)
		__atomic_store_n(&held[i], EPC_NONE, __ATOMIC_RELEASE);
}

bool hold_frame(struct lp *lp, const struct ssa_frame *frame)
{
	uint64_t(*held)[PROCESSOR_FRAME_PAGES] = lp->processor->held;
	uint64_t pa[PROCESSOR_FRAME_PAGES];
	uint32_t spare = !lp->held;

	list(pa, frame);
	/*
	 * Hold first, then look whether a page is blocked.  EBLOCK blocks
	 * first, then looks whether the page is held.  So one of the two sees
	 * the other.
	 */
	hold(held[spare], pa);
	for (unsigned i = 0; i < PROCESSOR_FRAME_PAGES; i++) {
		if (pa[i] && !usable(epcm_of(lp->cpu, pa[i]))) {
			release(held[spare]);
			return false;
		}
	}
	release(held[lp->held]);
	lp->held = spare;
	return true;
}

static bool holds(const struct processor *p, uint64_t pa)
{
	const uint64_t *held = &p->held[0][0];

	if (!__atomic_load_n(&p->who, __ATOMIC_SEQ_CST))
		return false;
	if (__atomic_load_n(&p->tcs, __ATOMIC_SEQ_CST) == pa)
		return true;
	for (unsigned i = 0; i < 2 * PROCESSOR_FRAME_PAGES; i++) {
		if (__atomic_load_n(&held[i], __ATOMIC_SEQ_CST) == pa)
			return true;
	}
	return false;
}

bool epcm_held(const struct cpu *cpu, uint64_t pa)
{
	const struct processor *p;

	for_each_processor(p, cpu) {
		if (holds(p, pa))
			return true;
	}
	return false;
}
