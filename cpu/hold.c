/* SPDX-License-Identifier: BSD-3-Clause */
/* See cpu/hold.h. */
#include "cpu/hold.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"

#define HELD	(XSAVE_MAX_PAGES + 2)

static bool usable(const struct epcm *epcm)
{
	uint8_t flags = __atomic_load_n(&epcm->flags, __ATOMIC_SEQ_CST);

	return epcm_valid(epcm) && !(flags & EPCM_BLOCKED);
}

static void list(uint64_t *pa, uint64_t tcs_pa, const struct ssa_frame *frame)
{
	memcpy(pa, frame->xsave_pa, sizeof(frame->xsave_pa));
	pa[XSAVE_MAX_PAGES] = frame->gpr_pa & SGX_PAGE_MASK;
	pa[XSAVE_MAX_PAGES + 1] = tcs_pa;
}

bool hold_pages(struct lp *lp, uint64_t tcs_pa, const struct ssa_frame *frame)
{
	uint64_t *pa = lp->cr_held_pa;
	bool fine = true;

	list(pa, tcs_pa, frame);
	/* All first, then look: EBLOCK does it the other way round. */
	for (unsigned i = 0; i < HELD; i++) {
		if (pa[i])
			__atomic_fetch_add(&epcm_of(lp->cpu, pa[i])->held, 1,
					   __ATOMIC_SEQ_CST);
	}
	for (unsigned i = 0; i < HELD; i++) {
		if (pa[i])
			fine &= usable(epcm_of(lp->cpu, pa[i]));
	}
	if (!fine)
		release_pages(lp);
	return fine;
}

static void release(struct lp *lp, uint64_t *pa)
{
	for (unsigned i = 0; i < HELD; i++) {
		if (pa[i])
			__atomic_fetch_sub(&epcm_of(lp->cpu, pa[i])->held, 1,
					   __ATOMIC_SEQ_CST);
		pa[i] = EPC_NONE;
	}
}

bool hold_frame(struct lp *lp, const struct ssa_frame *frame)
{
	uint64_t former[HELD];

	memcpy(former, lp->cr_held_pa, sizeof(former));
	if (!hold_pages(lp, lp->cr_tcs_pa, frame)) {
		memcpy(lp->cr_held_pa, former, sizeof(former));
		return false;
	}
	release(lp, former);
	return true;
}

void release_pages(struct lp *lp)
{
	release(lp, lp->cr_held_pa);
}

void release_frame(struct lp *lp, uint64_t tcs_pa,
		   const struct ssa_frame *frame)
{
	uint64_t pa[HELD];

	list(pa, tcs_pa, frame);
	release(lp, pa);
}
