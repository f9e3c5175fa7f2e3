/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extended state through an AEX and an ERESUME.
 * SDM vol. 1 "Managing State Using the XSAVE Feature Set".
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#include "cpu/xsave.h"

#define PKRU_OFFSET 2688
#define TILE_OFFSET 2816
#define TILE_SIZE   8192

static uint64_t live_bv(struct machine *m)
{
	uint64_t bv;

	memcpy(&bv, m->xsave + 512, sizeof(bv));
	return bv;
}

static void set_live_bv(struct machine *m, uint64_t bv)
{
	memcpy(m->xsave + 512, &bv, sizeof(bv));
}

/* Bytes of frame 0 as one buffer. */
static void read_frame(struct machine *m, uint8_t *to, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = *(uint8_t *)at(m, LA(OFF_SSA) + i);
}

static void fill_live(struct machine *m)
{
	size_t i;

	for (i = 0; i < sizeof(m->xsave); i++)
		m->xsave[i] = (uint8_t)(i * 7 + 1 + (i >> 8));
	memset(m->xsave + 24, 0, 8);   /* MXCSR and its mask */
	memset(m->xsave + 512, 0, 64); /* header */
}

static void sizes(void **state)
{
	struct machine *m = *state;
	const struct package *p = &m->package;

	assert_int_equal(xsave_size(p, 3), 576);
	assert_int_equal(xsave_size(p, 7), 832);
	assert_int_equal(xsave_size(p, 0xe7), 2688);
	assert_int_equal(xsave_size(p, 0x2e7), 2696);
	assert_int_equal(xsave_size(p, 0x203), 2696);
	assert_int_equal(xsave_size(p, 0x602e7), 11008);
	/* The last one in the area need not be the last one in XFRM. */
	m->package.xfeature[9].offset = 832;
	assert_int_equal(xsave_size(&m->package, 3 | 0xe0 | 1 << 9), 2688);
}

static int setup_xfrm(void **state, uint64_t xfrm, uint32_t ssaframesize)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->xfrm = xfrm;
	m->ssaframesize = ssaframesize;
	m->nssa = 1;
	build_enclave(m);
	enter(m);
	fill_live(m);
	return 0;
}

static int setup_avx(void **state)
{
	return setup_xfrm(state, 7, 1);
}

/* All components; the XSAVE area has three pages, of no order in the EPC. */
static int setup_all(void **state)
{
	struct machine *m;
	struct mapping *a, *b;
	uint64_t pa;

	setup_xfrm(state, 0x602e7, 3);
	m = *state;
	interrupt(m);
	a = mapping_of(m, LA(OFF_SSA));
	b = mapping_of(m, LA(OFF_SSA + 0x2000));
	pa = a->pa;
	epcm_of(&m->cpu, pa)->enclaveaddress = LA(OFF_SSA + 0x2000);
	epcm_of(&m->cpu, b->pa)->enclaveaddress = LA(OFF_SSA);
	a->pa = b->pa;
	b->pa = pa;
	((struct sgx_tcs *)at(m, LA(OFF_TCS)))->cssa = 0;
	enter(m);
	fill_live(m);
	return 0;
}

static void round_trip(struct machine *m, uint64_t bv)
{
	static uint8_t before[sizeof(m->xsave)];

	set_live_bv(m, bv);
	memcpy(before, m->xsave, sizeof(before));
	interrupt(m);
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(live_bv(m), bv);
	assert_memory_equal(m->xsave, before, sizeof(before));
}

static void everything_back(void **state)
{
	struct machine *m = *state;

	round_trip(m, 0x602e7);
}

static void avx_back(void **state)
{
	struct machine *m = *state;

	round_trip(m, 7);
}

/* The frame's image, component by component. */
static void frame_image(void **state)
{
	struct machine *m = *state;
	static uint8_t frame[11008], live[sizeof(m->xsave)];

	set_live_bv(m, 0x602e7);
	memcpy(live, m->xsave, sizeof(live));
	interrupt(m);
	read_frame(m, frame, sizeof(frame));
	assert_memory_equal(frame, live, 416);
	assert_memory_equal(frame + 512, live + 512, 8);
	assert_memory_equal(frame + 576, live + 576, 256);
	assert_memory_equal(frame + 1088, live + 1088, 1600);
	assert_memory_equal(frame + PKRU_OFFSET, live + PKRU_OFFSET, 8);
	assert_memory_equal(frame + TILE_OFFSET, live + TILE_OFFSET, TILE_SIZE);
}

static void header(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	memset(frame + 520, 0xff, 16);
	/* AVX-512 is live outside, but XFRM does not have it. */
	set_live_bv(m, 0xe7);
	interrupt(m);
	assert_int_equal(frame[512], 7);
	assert_int_equal(frame[513], 0);
	assert_int_equal(frame[520] | frame[527] | frame[535], 0);
}

/* A component in its INIT state is saved as such. */
static void init_components(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	memset(frame + 576, 0xff, 256);
	set_live_bv(m, 0);
	interrupt(m);
	assert_int_equal(frame[512], 0);
	assert_int_equal(frame[576], 0);
	assert_int_equal(frame[0] | frame[1] << 8, 0x037f);
	assert_int_equal(frame[160], 0);
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(live_bv(m), 0);
	assert_int_equal(m->xsave[0] | m->xsave[1] << 8, 0x037f);
	assert_int_equal(m->xsave[576], 0);
}

/* What the frame holds of a component does not matter if XSTATE_BV has 0. */
static void init_despite_the_frame(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	set_live_bv(m, 7);
	interrupt(m);
	memset(frame, 0x11, 24);
	memset(frame + 32, 0x11, 416 - 32);
	memset(frame + 576, 0x11, 256);
	frame[512] = 0;
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(live_bv(m), 0);
	assert_int_equal(m->xsave[0] | m->xsave[1] << 8, 0x037f);
	assert_int_equal(m->xsave[32], 0);
	assert_int_equal(m->xsave[160], 0);
	assert_int_equal(m->xsave[576], 0);
}

/* The area ends where a component does. */
static void exact_area(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	m->lp.xsave_size = 832;
	set_live_bv(m, 7);
	interrupt(m);
	assert_int_equal(frame[512], 7);
}

/* After the exit the components of XFRM are INIT, the others untouched. */
static void synthetic(void **state)
{
	struct machine *m = *state;
	uint8_t zmm = m->xsave[1152], pkru = m->xsave[PKRU_OFFSET];

	set_live_bv(m, 0x2e7);
	interrupt(m);
	assert_int_equal(live_bv(m), 0x2e3);
	assert_int_equal(m->xsave[576], 0);
	assert_int_equal(m->xsave[831], 0);
	assert_int_equal(m->xsave[1152], zmm);
	assert_int_equal(m->xsave[PKRU_OFFSET], pkru);
	/* What belongs to the outside survives ERESUME as well. */
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(live_bv(m), 0x2e7);
}

static void pkru(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));
	uint8_t before = m->xsave[PKRU_OFFSET];

	set_live_bv(m, 0x203);
	interrupt(m);
	assert_int_equal(frame[PKRU_OFFSET], before);
	assert_int_equal(frame[513], 2);
	assert_int_equal(m->xsave[PKRU_OFFSET], 0);
	assert_int_equal(live_bv(m), 3);
}

/* The area may be too small for a component: then it counts as INIT. */
static void small_area(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	m->lp.xsave_size = 576;
	set_live_bv(m, 7);
	interrupt(m);
	assert_int_equal(frame[512], 3);
	m->lp.xsave_size = sizeof(m->xsave);
	m->lp.xsave_features = 3;
	frame[512] = 7;
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(live_bv(m), 3);
}

static void no_area(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	m->lp.xsave = NULL;
	interrupt(m);
	assert_int_equal(frame[512], 0);
	assert_int_equal(frame[24] | frame[25] << 8, 0x1f80);
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
}

/* XRSTOR knows this processor's MXCSR bits from the live area's mask. */
static void mxcsr_mask(void **state)
{
	struct machine *m = *state;
	uint8_t *frame = at(m, LA(OFF_SSA));

	interrupt(m);
	frame[24] = 0x40; /* DAZ: not in the default mask */
	prepare_eresume(m);
	check_gp(m, enclu(&m->lp));
	m->xsave[28] = m->xsave[29] = 0xff;
	prepare_eresume(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->xsave[24], 0x40);
}

/* What protection keys are asked with. */
static void live_rights(void **state)
{
	const uint32_t rights = 0x55555554;
	struct machine *m = *state;

	memcpy(m->xsave + PKRU_OFFSET, &rights, sizeof(rights));
	set_live_bv(m, 1 << 9);
	assert_int_equal(live_pkru(&m->lp), rights);
	/* Initial: what lies there does not count. */
	set_live_bv(m, 7);
	assert_int_equal(live_pkru(&m->lp), 0);
	set_live_bv(m, 1 << 9);
	m->lp.xsave_features &= ~(1ull << 9);
	assert_int_equal(live_pkru(&m->lp), 0);
	m->lp.xsave = NULL;
	assert_int_equal(live_pkru(&m->lp), 0);
}

#define T(f, setup) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("Extended state", "SDM \"Processor Extended States\"; vol. 1 "
				  "\"Standard Form\", \"XRSTOR\""),
	ROW("size of the XSAVE area",
	    "576, or the end of XFRM's last "
	    "component",
	    T(sizes, machine_setup)),
	ROW("components in XFRM", "saved by AEX, back after ERESUME",
	    T(avx_back, setup_avx), T(everything_back, setup_all)),
	ROW("the frame", "the image that XSAVE makes",
	    T(frame_image, setup_all)),
	ROW("XSTATE_BV and the header of the frame", "a part of XFRM; 0",
	    T(header, setup_avx)),
	ROW("components in their initial state", "are so after ERESUME",
	    T(init_components, setup_avx),
	    T(init_despite_the_frame, setup_avx)),
	ROW("components in XFRM, outside", "initial", T(synthetic, setup_avx)),
	ROW("PKRU in XFRM", "saved and 0", T(pkru, setup_all)),
	ROW("PKRU in its initial state", "denies nothing",
	    T(live_rights, setup_all)),
	ROW("MXCSR bits", "those that the processor has are legal",
	    T(mxcsr_mask, setup_avx)),
	TESTS(T(small_area, setup_avx), T(exact_area, setup_avx),
	      T(no_area, setup_avx)),
};

CONFORM_MAIN(rows, NULL)
