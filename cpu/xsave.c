/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extended state on the way into and out of an enclave.
 * SDM vol. 1 "Managing State Using the XSAVE Feature Set" (layout, XSAVE and
 * XRSTOR in standard form); vol. 3D "Processor Extended States".
 */
#include "cpu/xsave.h"

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"

/* The legacy region: x87 at 0 and 32, MXCSR at 24, XMM registers at 160. */
#define X87_CONTROL_SIZE  24
#define MXCSR_OFFSET      24
#define MXCSR_MASK_OFFSET 28
#define ST_OFFSET         32
#define XMM_OFFSET        160
#define XMM_END           416
/* The header: XSTATE_BV, then 16 bytes that are zero in standard form. */
#define XSTATE_BV_OFFSET   512
#define HEADER_ZERO_OFFSET 520
#define HEADER_ZERO_SIZE   16

#define MXCSR_INIT         0x1f80u
#define MXCSR_AEX          0x1fb0u
#define MXCSR_AEX_XM       0x1f01u
#define MXCSR_MASK_DEFAULT 0xffbfu
#define FCW_INIT           0x037fu
#define FCW_AEX_MF         0x037eu
#define FSW_AEX_MF         0x8081u

/* Are all bits of `group` set, or none? */
static bool whole_or_none(uint64_t xfrm, uint64_t group)
{
	return !(xfrm & group) || (xfrm & group) == group;
}

bool xfrm_legal(const struct package *package, uint64_t xfrm)
{
	const uint64_t legacy = XFEATURE_X87 | XFEATURE_SSE;

	if ((xfrm & legacy) != legacy)
		return false;
	if (xfrm & ~(package->xfrm | legacy))
		return false;
	if ((xfrm & XFEATURE_AVX512) && !(xfrm & XFEATURE_AVX))
		return false;
	return whole_or_none(xfrm, XFEATURE_MPX) &&
	       whole_or_none(xfrm, XFEATURE_AVX512) &&
	       whole_or_none(xfrm, XFEATURE_AMX);
}

uint32_t xsave_size(const struct package *package, uint64_t xfrm)
{
	uint64_t left = xfrm & ((1ull << CPU_XFEATURES) - 1) & ~3ull;
	uint32_t size = XSAVE_MIN_SIZE, end;

	for (; left; left &= left - 1) {
		int i = __builtin_ctzll(left);

		end = package->xfeature[i].offset + package->xfeature[i].size;
		if (end > size)
			size = end;
	}
	return size;
}

/* The memory at an offset of a frame; *run is cut off at the page's end. */
static uint8_t *frame_at(const struct xsave_frame *frame, uint32_t offset,
			 uint32_t *run)
{
	uint32_t in_page = offset & (SGX_PAGE_SIZE - 1);

	if (*run > SGX_PAGE_SIZE - in_page)
		*run = SGX_PAGE_SIZE - in_page;
	return epc_ptr(frame->cpu,
		       frame->pages[offset >> SGX_PAGE_SHIFT] + in_page);
}

/* If `from` is NULL, zeros are written. */
static void frame_write(const struct xsave_frame *frame, uint32_t offset,
			const uint8_t *from, uint32_t n)
{
	uint32_t run;
	uint8_t *to;

	for (; n; n -= run, offset += run) {
		run = n;
		to = frame_at(frame, offset, &run);
		if (from) {
			memcpy(to, from, run);
			from += run;
		} else {
			memset(to, 0, run);
		}
	}
}

static void frame_read(const struct xsave_frame *frame, uint32_t offset,
		       void *to, uint32_t n)
{
	uint8_t *p = to;
	uint32_t run;

	for (; n; n -= run, offset += run, p += run) {
		run = n;
		memcpy(p, frame_at(frame, offset, &run), run);
	}
}

static uint64_t live_xstate_bv(const struct lp *lp)
{
	uint64_t bv = 0;

	if (lp->xsave)
		memcpy(&bv, lp->xsave + XSTATE_BV_OFFSET, sizeof(bv));
	return bv;
}

static void set_live_xstate_bv(struct lp *lp, uint64_t bv)
{
	memcpy(lp->xsave + XSTATE_BV_OFFSET, &bv, sizeof(bv));
}

/* Component i in the live area; NULL if the area has no place for it. */
static uint8_t *live_component(const struct lp *lp, int i)
{
	const struct package *package = lp->cpu->package;
	uint32_t offset = package->xfeature[i].offset;
	uint32_t size = package->xfeature[i].size;

	if (!lp->xsave || !(lp->xsave_features >> i & 1) || !size)
		return NULL;
	if (offset + size > lp->xsave_size)
		return NULL;
	return lp->xsave + offset;
}

uint32_t live_pkru(const struct lp *lp)
{
	const uint8_t *from = NULL;
	uint32_t pkru = 0;

	if (live_xstate_bv(lp) & XFEATURE_PKRU)
		from = live_component(lp, XFEATURE_NR_PKRU);
	if (from)
		memcpy(&pkru, from, sizeof(pkru));
	return pkru;
}

/* The x87 and SSE registers as XSAVE stores them when they are INIT. */
static void legacy_init(uint8_t legacy[XMM_END])
{
	uint32_t fcw = FCW_INIT, mxcsr = MXCSR_INIT;

	memset(legacy, 0, XMM_END);
	memcpy(legacy, &fcw, sizeof(fcw));
	memcpy(legacy + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

static void legacy_to_frame(const struct lp *lp, uint64_t bv,
			    const struct xsave_frame *frame)
{
	uint8_t legacy[XMM_END];

	legacy_init(legacy);
	if (lp->xsave)
		memcpy(legacy + MXCSR_OFFSET, lp->xsave + MXCSR_OFFSET, 8);
	if (bv & XFEATURE_X87) {
		memcpy(legacy, lp->xsave, X87_CONTROL_SIZE);
		memcpy(legacy + ST_OFFSET, lp->xsave + ST_OFFSET,
		       XMM_OFFSET - ST_OFFSET);
	}
	if (bv & XFEATURE_SSE)
		memcpy(legacy + XMM_OFFSET, lp->xsave + XMM_OFFSET,
		       XMM_END - XMM_OFFSET);
	frame_write(frame, 0, legacy, XMM_END);
}

void xsave_to_frame(const struct lp *lp, const struct xsave_frame *frame)
{
	const struct package *package = lp->cpu->package;
	uint64_t bv = live_xstate_bv(lp) & frame->xfrm;
	const uint8_t *from;
	int i;

	legacy_to_frame(lp, bv, frame);
	for (i = 2; i < CPU_XFEATURES; i++) {
		if (!(frame->xfrm >> i & 1))
			continue;
		from = bv >> i & 1 ? live_component(lp, i) : NULL;
		if (!from)
			bv &= ~(1ull << i);
		frame_write(frame, package->xfeature[i].offset, from,
			    package->xfeature[i].size);
	}
	frame_write(frame, XSTATE_BV_OFFSET, (uint8_t *)&bv, sizeof(bv));
	frame_write(frame, HEADER_ZERO_OFFSET, NULL, HEADER_ZERO_SIZE);
}

void xsave_synthesize(struct lp *lp, uint64_t xfrm, int vector)
{
	uint32_t mxcsr = vector == VECTOR_XM ? MXCSR_AEX_XM : MXCSR_AEX;
	uint32_t x87 = vector == VECTOR_MF ? FCW_AEX_MF | FSW_AEX_MF << 16 :
					     FCW_INIT;
	uint8_t *component;
	int i;

	if (!lp->xsave)
		return;
	memset(lp->xsave, 0, MXCSR_OFFSET);
	memcpy(lp->xsave, &x87, sizeof(x87));
	memcpy(lp->xsave + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	memset(lp->xsave + ST_OFFSET, 0, XMM_END - ST_OFFSET);
	for (i = 2; i < CPU_XFEATURES; i++) {
		component = xfrm >> i & 1 ? live_component(lp, i) : NULL;
		if (component)
			memset(component, 0,
			       lp->cpu->package->xfeature[i].size);
	}
	set_live_xstate_bv(lp, (live_xstate_bv(lp) & ~xfrm) | XFEATURE_X87 |
				       XFEATURE_SSE);
}

/* MXCSR bits that this processor implements. */
static uint32_t mxcsr_mask(const struct lp *lp)
{
	uint32_t mask = 0;

	if (lp->xsave)
		memcpy(&mask, lp->xsave + MXCSR_MASK_OFFSET, sizeof(mask));
	return mask ? mask : MXCSR_MASK_DEFAULT;
}

static uint32_t frame_mxcsr(const struct xsave_frame *frame)
{
	uint32_t mxcsr;

	frame_read(frame, MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	return mxcsr;
}

bool xrstor_faults(const struct lp *lp, const struct xsave_frame *frame)
{
	struct {
		uint64_t bv;
		uint8_t zero[HEADER_ZERO_SIZE];
	} header;

	frame_read(frame, XSTATE_BV_OFFSET, &header, sizeof(header));
	if (header.bv & ~frame->xfrm)
		return true;
	if (!mem_is_zero(header.zero, sizeof(header.zero)))
		return true;
	return frame_mxcsr(frame) & ~mxcsr_mask(lp);
}

static void legacy_from_frame(struct lp *lp, uint64_t bv,
			      const struct xsave_frame *frame)
{
	/* The enclave's other threads may still write to the frame. */
	uint32_t mxcsr = frame_mxcsr(frame) & mxcsr_mask(lp);
	uint8_t legacy[XMM_END];

	legacy_init(legacy);
	if (bv & XFEATURE_X87) {
		frame_read(frame, 0, legacy, X87_CONTROL_SIZE);
		frame_read(frame, ST_OFFSET, legacy + ST_OFFSET,
			   XMM_OFFSET - ST_OFFSET);
	}
	if (bv & XFEATURE_SSE)
		frame_read(frame, XMM_OFFSET, legacy + XMM_OFFSET,
			   XMM_END - XMM_OFFSET);
	memcpy(lp->xsave, legacy, X87_CONTROL_SIZE);
	memcpy(lp->xsave + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	memcpy(lp->xsave + ST_OFFSET, legacy + ST_OFFSET, XMM_END - ST_OFFSET);
}

void xrstor_from_frame(struct lp *lp, const struct xsave_frame *frame)
{
	const struct package *package = lp->cpu->package;
	uint8_t *to;
	uint64_t bv;
	int i;

	if (!lp->xsave)
		return;
	frame_read(frame, XSTATE_BV_OFFSET, &bv, sizeof(bv));
	bv &= frame->xfrm;
	legacy_from_frame(lp, bv, frame);
	for (i = 2; i < CPU_XFEATURES; i++) {
		to = frame->xfrm >> i & 1 ? live_component(lp, i) : NULL;
		if (!to)
			bv &= ~(1ull << i);
		else if (bv >> i & 1)
			frame_read(frame, package->xfeature[i].offset, to,
				   package->xfeature[i].size);
		else
			memset(to, 0, package->xfeature[i].size);
	}
	set_live_xstate_bv(lp, (live_xstate_bv(lp) & ~frame->xfrm) | bv);
}
