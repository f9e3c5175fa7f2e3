/* SPDX-License-Identifier: BSD-3-Clause */
/* EDECCSSA: SDM "EDECCSSA", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct sgx_tcs *tcs_of(struct machine *m)
{
	return at(m, LA(OFF_TCS));
}

/* In the handler of an AEX: CSSA is 1. */
static int setup(void **state)
{
	struct machine *m;

	machine_setup_entered(state);
	m = *state;
	interrupt(m);
	enter(m);
	prepare_leaf(m, ENCLU_EDECCSSA, 0, 0, 0);
	m->lp.r.rip = LA(OFF_CODE);
	return 0;
}

static void tcs_in_use(void **state)
{
	struct machine *m = *state;

	assert_true(epcm_trylock_exclusive(epcm_at(m, LA(OFF_TCS))));
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->cssa, 1);
}

static void cssa_zero(void **state)
{
	struct machine *m = *state;

	assert_int_equal(enclu(&m->lp), 0);
	/* A frame that could be used lies at CSSA-1 all the same. */
	tcs_of(m)->ossa = OFF_SSA - 0xffffffffull * SGX_PAGE_SIZE;
	m->lp.r.rax = ENCLU_EDECCSSA;
	check_gp(m, enclu(&m->lp));
	assert_int_equal(tcs_of(m)->cssa, 0);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->lock, 0);
}

static void frame_lost(void **state)
{
	struct machine *m = *state;

	epcm_at(m, LA(OFF_SSA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_SSA), PF_WRITE);
	assert_int_equal(tcs_of(m)->cssa, 1);
}

/* Frames of two pages. */
static int setup_large(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->ssaframesize = 2;
	m->nssa = 2;
	build_enclave(m);
	enter(m);
	interrupt(m);
	enter(m);
	prepare_leaf(m, ENCLU_EDECCSSA, 0, 0, 0);
	m->lp.r.rip = LA(OFF_CODE);
	return 0;
}

static lp_walk_fn page_tables;

/* While the frame's second page is found, the first one is blocked. */
static int walk_slowly(struct lp *lp, uint64_t la, unsigned access,
		       uint64_t *pa)
{
	struct machine *m = lp->walk_ctx;

	if ((la & SGX_PAGE_MASK) == LA(OFF_SSA) + SGX_PAGE_SIZE)
		epcm_at(m, LA(OFF_SSA))->blocked = 1;
	return page_tables(lp, la, access, pa);
}

static void frame_blocked_meanwhile(void **state)
{
	struct machine *m = *state;

	page_tables = m->lp.walk;
	m->lp.walk = walk_slowly;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_TCS), PF_WRITE);
	assert_int_equal(tcs_of(m)->cssa, 1);
	/* The frame that an AEX writes to is the former one. */
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(held_at(m, LA(OFF_SSA) + i * 4096), i >= 2);
	assert_true(held_at(m, LA(OFF_TCS)));
	interrupt(m);
	for (unsigned i = 0; i < 4; i++)
		assert_false(held_at(m, LA(OFF_SSA) + i * 4096));
}

/* No register changes but RIP; the next AEX writes to the lower frame. */
static void success(void **state)
{
	struct machine *m = *state;
	struct sgx_gprsgx *gpr = at(m, LA(OFF_SSA) + 4096 - sizeof(*gpr));
	struct lp_regs before = m->lp.r;

	assert_int_equal(enclu(&m->lp), 0);
	before.rip += 3;
	assert_memory_equal(&m->lp.r, &before, sizeof(before));
	assert_int_equal(tcs_of(m)->cssa, 0);
	m->lp.r.rdi = 0x4242;
	interrupt(m);
	assert_int_equal(gpr->rdi, 0x4242);
	assert_int_equal(tcs_of(m)->cssa, 1);
}

/* So that nobody evicts what the next AEX writes to, and only that. */
static void frame_is_held(void **state)
{
	struct machine *m = *state;

	/* The upper frame, by its XSAVE area and by its GPRSGX. */
	assert_false(held_at(m, LA(OFF_SSA)));
	assert_true(held_at(m, LA(OFF_SSA) + 4096));
	assert_true(held_at(m, LA(OFF_TCS)));
	assert_int_equal(enclu(&m->lp), 0);
	assert_true(held_at(m, LA(OFF_SSA)));
	assert_false(held_at(m, LA(OFF_SSA) + 4096));
	assert_true(held_at(m, LA(OFF_TCS)));
	interrupt(m);
	assert_false(held_at(m, LA(OFF_SSA)));
	assert_false(held_at(m, LA(OFF_TCS)));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EDECCSSA", "SDM \"EDECCSSA - Decrements TCS.CSSA\", "
			    "Operation"),
	ROW("the TCS is in use by an exclusive leaf", "#GP(0)", T(tcs_in_use)),
	ROW("CSSA is 0", "#GP(0)", T(cssa_zero)),
	ROW("the SSA frame CSSA-1 cannot be used", "#PF(page)", T(frame_lost),
	    cmocka_unit_test_setup_teardown(frame_blocked_meanwhile,
					    setup_large, machine_teardown)),
	ROW("none of these", "CSSA-1; the next AEX writes there", T(success)),
	TESTS(T(frame_is_held)),
};

CONFORM_MAIN(rows, NULL)
