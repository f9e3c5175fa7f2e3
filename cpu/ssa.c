/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SSA frames: where they are, and whether the processor may use them.
 * SDM "State Save Area (SSA) Frame"; "EENTER", "ERESUME", Operation.
 */
#include "cpu/ssa.h"

#include "cpu/access_control.h"
#include "cpu/mem.h"
#include "cpu/secs.h"

/* Test the pages that XSAVE would write.  *n: how many they are. */
static int find_xsave(struct lp *lp, uint64_t secs_pa, uint64_t la,
		      struct ssa_frame *frame, uint32_t *n)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, secs_pa);
	uint32_t size = xsave_size(lp->cpu->package, secs->xfrm);
	uint32_t i;

	*n = (uint32_t)((size + SGX_PAGE_SIZE - 1) >> SGX_PAGE_SHIFT);
	for (i = 0; i < *n; i++, la += SGX_PAGE_SIZE) {
		if (ssa_page(lp, la, secs_pa, la, &frame->xsave_pa[i]))
			return -1;
	}
	return 0;
}

int ssa_find(struct lp *lp, uint64_t secs_pa, const struct sgx_tcs *tcs,
	     uint32_t index, struct ssa_frame *frame)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, secs_pa);
	uint64_t size = secs->ssaframesize * SGX_PAGE_SIZE;
	uint64_t la = secs->baseaddr + tcs->ossa + size * index;
	uint64_t gpr_la = la + size - sizeof(struct sgx_gprsgx);
	uint32_t n;

	memset(frame, 0, sizeof(*frame));
	if (find_xsave(lp, secs_pa, la, frame, &n))
		return -1;
	if (n == secs->ssaframesize) {
		/* GPRSGX lies in the page that was tested last. */
		frame->gpr_pa = frame->xsave_pa[n - 1] +
				(gpr_la & ~SGX_PAGE_MASK);
		return 0;
	}
	return ssa_page(lp, gpr_la, secs_pa, gpr_la, &frame->gpr_pa);
}

void ssa_cache(struct lp *lp, const struct ssa_frame *frame)
{
	memcpy(lp->cr_xsave_pa, frame->xsave_pa, sizeof(lp->cr_xsave_pa));
	lp->cr_gpr_pa = frame->gpr_pa;
}
