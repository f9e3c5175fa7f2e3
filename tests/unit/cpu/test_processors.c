/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of logical processors: who has a place, who counts as inside and
 * since when, and what is held.
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"

#include "cpu/tcs.h"

static struct lp new_lp(struct machine *m, uint64_t who)
{
	return (struct lp){ .cpu = &m->cpu, .who = who, .owner = who << 2 };
}

static uint32_t index_of(const struct lp *lp)
{
	return (uint32_t)(lp->processor - lp->cpu->processors);
}

static enum processor_state state_of(const struct lp *lp)
{
	return processor_state(processor_inside(lp->processor));
}

static void places(void **state)
{
	struct machine *m = *state;
	struct lp a = new_lp(m, 1), b = new_lp(m, 2), nameless = new_lp(m, 0);

	assert_int_equal(processors_bound(&m->cpu), 0);
	processor_online(&a);
	assert_int_equal(index_of(&a), 0);
	assert_int_equal(a.processor->who, 1);
	assert_int_equal(a.processor->owner, 1 << 2);
	assert_int_equal(processors_bound(&m->cpu), 1);
	processor_online(&b);
	processor_online(&nameless);
	assert_int_equal(index_of(&b), 1);
	assert_int_equal(index_of(&nameless), 2);
	assert_int_not_equal(nameless.processor->who, 0);
	assert_int_equal(processors_bound(&m->cpu), 3);
	/* Once is enough. */
	processor_online(&b);
	assert_int_equal(index_of(&b), 1);
	assert_int_equal(processors_bound(&m->cpu), 3);
}

static void the_last_place_comes_first(void **state)
{
	struct machine *m = *state;
	struct lp a = new_lp(m, 1), b = new_lp(m, 2), c = new_lp(m, 3);

	processor_online(&a);
	processor_online(&b);
	processor_offline(&a);
	assert_null(a.processor);
	processor_offline(&b);
	processor_online(&b);
	assert_int_equal(index_of(&b), 1);
	/* It is taken meanwhile: the first that is free. */
	processor_offline(&b);
	c.processor_hint = 1;
	processor_online(&c);
	assert_int_equal(index_of(&c), 1);
	processor_online(&b);
	assert_int_equal(index_of(&b), 0);
	assert_int_equal(processors_bound(&m->cpu), 2);
	/* A thread without a place gives none back. */
	processor_offline(&a);
	assert_int_equal(b.processor->who, 2);
}

static void beyond_the_bound(void **state)
{
	struct machine *m = *state;
	struct lp last = new_lp(m, 1);

	last.processor_hint = CPU_MAX_PROCESSORS - 1;
	processor_online(&last);
	assert_int_equal(processors_bound(&m->cpu), CPU_MAX_PROCESSORS);
	processor_join(&last, m->secs_pa);
	assert_true(anybody_inside(m));
	processor_offline(&last);
	assert_int_equal(processors_bound(&m->cpu), CPU_MAX_PROCESSORS);
	assert_false(anybody_inside(m));
}

/* What each step makes of who counts as inside, and of the state. */
struct step {
	void (*step)(struct machine *m, struct lp *lp);
	enum processor_state state;
	bool inside, inside_before; /* at all; of an epoch before */
};

static void online(struct machine *m, struct lp *lp)
{
	(void)m;
	processor_online(lp);
}

static void join(struct machine *m, struct lp *lp)
{
	processor_join(lp, m->secs_pa);
}

static void track_it(struct machine *m, struct lp *lp)
{
	(void)lp;
	assert_true(secs_track(&m->cpu, m->secs_pa));
}

static void send_away(struct machine *m, struct lp *lp)
{
	(void)m;
	assert_true(processor_send_away(lp->processor,
					processor_inside(lp->processor)));
}

static void park(struct machine *m, struct lp *lp)
{
	(void)m;
	processor_park(lp);
}

static void steps(void **state)
{
	static const struct step steps[] = {
		{ online, PROCESSOR_PARKED, false, false },
		{ join, PROCESSOR_RUNNING, true, false },
		{ track_it, PROCESSOR_RUNNING, true, true },
		{ join, PROCESSOR_RUNNING, true, false },
		{ park, PROCESSOR_PARKED, false, false },
		{ join, PROCESSOR_RUNNING, true, false },
		{ track_it, PROCESSOR_RUNNING, true, true },
		{ send_away, PROCESSOR_AWAY, false, false },
		{ track_it, PROCESSOR_AWAY, false, false },
		{ join, PROCESSOR_RUNNING, true, false },
		{ send_away, PROCESSOR_AWAY, false, false },
		{ park, PROCESSOR_PARKED, false, false },
	};
	struct machine *m = *state;
	struct lp lp = new_lp(m, 1);
	uint64_t word = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint32_t before;

		steps[i].step(m, &lp);
		before = hidden_of(m)->epoch - 1;
		assert_int_equal(state_of(&lp), steps[i].state);
		assert_int_equal(anybody_inside(m), steps[i].inside);
		assert_int_equal(processors_inside(&m->cpu, m->secs_pa, before),
				 steps[i].inside_before);
		assert_false(
			processors_inside(&m->cpu, new_page(m), UINT32_MAX));
		/* Each stay is another word. */
		if (steps[i].step != track_it)
			assert_int_not_equal(processor_inside(lp.processor),
					     word);
		word = processor_inside(lp.processor);
	}
	processor_offline(&lp);
	assert_false(anybody_inside(m));
}

/* A later stay is another one, even if it looks the same. */
static void an_old_word_is_not_sent_away(void **state)
{
	struct machine *m = *state;
	struct lp lp = new_lp(m, 1);
	struct processor *p;
	uint64_t word;

	processor_online(&lp);
	p = lp.processor;
	processor_join(&lp, m->secs_pa);
	word = processor_inside(p);
	processor_join(&lp, m->secs_pa);
	assert_false(processor_send_away(p, word));
	assert_int_equal(processor_state(processor_inside(p)),
			 PROCESSOR_RUNNING);
	word = processor_inside(p);
	processor_offline(&lp);
	assert_false(processor_send_away(p, word));
	processor_online(&lp);
	processor_join(&lp, m->secs_pa);
	assert_ptr_equal(lp.processor, p);
	assert_false(processor_send_away(p, word));
	assert_true(anybody_inside(m));
}

static void eblock(struct machine *m, uint64_t la, enum sgx_return_code code)
{
	struct lp kernel = { .cpu = &m->cpu };

	kernel.r.rax = ENCLS_EBLOCK;
	kernel.r.rcx = kernel_la(m, pa_of(m, la));
	assert_int_equal(encls(&kernel), 0);
	assert_int_equal(kernel.r.rax, code);
	assert_int_equal(epcm_at(m, la)->blocked, code == SGX_SUCCESS);
	epcm_at(m, la)->blocked = 0;
}

static struct ssa_frame frame_at(struct machine *m, uint64_t xsave,
				 uint64_t gpr)
{
	return (struct ssa_frame){ .xsave_pa = { pa_of(m, xsave) },
				   .gpr_pa = pa_of(m, gpr) + 8 };
}

static void held_pages_are_not_blocked(void **state)
{
	struct machine *m = *state;
	struct lp lp = new_lp(m, 1);
	struct ssa_frame first = frame_at(m, LA(OFF_DATA), LA(OFF_OUTPUT));
	struct ssa_frame second = frame_at(m, LA(OFF_RO), LA(OFF_CODE));

	processor_online(&lp);
	eblock(m, LA(OFF_TCS), SGX_SUCCESS);
	hold_tcs(&lp, pa_of(m, LA(OFF_TCS)));
	assert_true(hold_frame(&lp, &first));
	eblock(m, LA(OFF_TCS), SGX_EPC_PAGE_CONFLICT);
	eblock(m, LA(OFF_DATA), SGX_EPC_PAGE_CONFLICT);
	eblock(m, LA(OFF_OUTPUT), SGX_EPC_PAGE_CONFLICT);
	eblock(m, LA(OFF_RO), SGX_SUCCESS);
	/* Whatever the processor's state is. */
	processor_join(&lp, m->secs_pa);
	send_away(m, &lp);
	eblock(m, LA(OFF_DATA), SGX_EPC_PAGE_CONFLICT);
	processor_park(&lp);
	eblock(m, LA(OFF_DATA), SGX_EPC_PAGE_CONFLICT);
	/* Exchanged, as a whole; and back. */
	assert_true(hold_frame(&lp, &second));
	eblock(m, LA(OFF_DATA), SGX_SUCCESS);
	eblock(m, LA(OFF_OUTPUT), SGX_SUCCESS);
	eblock(m, LA(OFF_RO), SGX_EPC_PAGE_CONFLICT);
	eblock(m, LA(OFF_CODE), SGX_EPC_PAGE_CONFLICT);
	assert_true(hold_frame(&lp, &first));
	eblock(m, LA(OFF_OUTPUT), SGX_EPC_PAGE_CONFLICT);
	eblock(m, LA(OFF_CODE), SGX_SUCCESS);
	processor_offline(&lp);
	eblock(m, LA(OFF_TCS), SGX_SUCCESS);
	eblock(m, LA(OFF_DATA), SGX_SUCCESS);
	eblock(m, LA(OFF_OUTPUT), SGX_SUCCESS);
}

static void blocked_pages_are_not_held(void **state)
{
	struct machine *m = *state;
	struct lp lp = new_lp(m, 1);
	struct ssa_frame good = frame_at(m, LA(OFF_DATA), LA(OFF_OUTPUT));
	struct ssa_frame bad = frame_at(m, LA(OFF_RO), LA(OFF_CODE));

	processor_online(&lp);
	assert_true(hold_frame(&lp, &good));
	for (int i = 0; i < 3; i++) {
		epcm_at(m, LA(OFF_CODE))->blocked = i == 0;
		epcm_at(m, LA(OFF_RO))->blocked = i == 1;
		epcm_at(m, LA(OFF_RO))->valid = i != 2;
		assert_false(hold_frame(&lp, &bad));
		assert_false(held_at(m, LA(OFF_RO)));
		assert_false(held_at(m, LA(OFF_CODE)));
		assert_true(held_at(m, LA(OFF_DATA)));
		assert_true(held_at(m, LA(OFF_OUTPUT)));
	}
}

/* An entry that is to be made again: what it has claimed is free. */
static void undone(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = at(m, LA(OFF_TCS));
	struct lp lp = new_lp(m, 1);
	const struct {
		uint64_t was, becomes;
	} rows[] = {
		{ lp.owner | TCS_CHANGING, TCS_INACTIVE },
		{ TCS_INACTIVE, TCS_INACTIVE },
		/* not its own */
		{ 7 << 2 | TCS_CHANGING, 7 << 2 | TCS_CHANGING },
		{ 7 << 2 | TCS_ACTIVE, 7 << 2 | TCS_ACTIVE },
	};

	lp_undo_entry(&lp); /* harmless */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		processor_online(&lp);
		hold_tcs(&lp, pa_of(m, LA(OFF_TCS)));
		processor_join(&lp, m->secs_pa);
		tcs->state = rows[i].was;
		lp_undo_entry(&lp);
		assert_true(tcs->state == rows[i].becomes);
		assert_null(lp.processor);
		assert_false(anybody_inside(m));
		assert_false(held_at(m, LA(OFF_TCS)));
	}
	tcs->state = TCS_INACTIVE;
	enter(m);
	lp_undo_entry(&m->lp); /* it has been made */
	assert_int_equal(tcs->state & TCS_STATE, TCS_ACTIVE);
	assert_true(anybody_inside(m));
}

static void retracked(void **state)
{
	struct machine *m = *state;

	enter(m);
	track(m);
	assert_false(secs_track(&m->cpu, m->secs_pa));
	lp_retrack(&m->lp);
	assert_true(anybody_inside(m));
	assert_true(secs_track(&m->cpu, m->secs_pa));
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_sgx2, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("Tracking", "SDM \"ETRACK\"; \"EPC and Management of EPC "
			    "Pages\""),
	ROW("a processor was interrupted, or is in the kernel",
	    "it has left, until it resumes", T(steps), T(retracked),
	    T(an_old_word_is_not_sent_away)),
	DEVIATES("DK16", "EBLOCK of a page that an AEX will write to",
		 "SGX_EPC_PAGE_CONFLICT", T(held_pages_are_not_blocked),
		 T(blocked_pages_are_not_held)),
	TESTS(T(places), T(the_last_place_comes_first), T(beyond_the_bound),
	      T(undone)),
};

CONFORM_MAIN(rows, NULL)
