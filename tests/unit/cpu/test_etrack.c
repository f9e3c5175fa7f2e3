/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ETRACK: one case for each check of SDM "ETRACK", Operation, in order; and
 * what tracking is for.
 */
#include <pthread.h>

#include "tests/conform/conform.h"
#include "tests/unit/cpu/sgx2.h"
#include "tests/unit/cpu/signer.h"

static int setup(void **state)
{
	struct machine *m;

	machine_setup_sgx2(state);
	m = *state;
	prepare_rcx(m, ENCLS_ETRACK, m->secs_pa);
	return 0;
}

static struct epcm *data_epcm(struct machine *m)
{
	return epcm_at(m, LA(OFF_DATA));
}

static bool tracked(struct machine *m)
{
	return secs_tracked(&m->cpu, data_epcm(m));
}

static void secs_unaligned(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx += 8;
	check_gp(m, encls(&m->lp));
}

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void secs_locked(void **state)
{
	struct machine *m = *state;
	uint32_t before = hidden_of(m)->epoch;

	assert_true(epcm_trylock_exclusive(epcm_of(&m->cpu, m->secs_pa)));
	check_gp(m, encls(&m->lp));
	assert_int_equal(hidden_of(m)->epoch, before);
}

static void secs_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	check_unlocked(m);
}

static void not_a_secs(void **state)
{
	struct machine *m = *state;

	prepare_rcx(m, ENCLS_ETRACK, pa_of(m, LA(OFF_DATA)));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	check_unlocked(m);
}

static void previous_incomplete(void **state)
{
	struct machine *m = *state;
	uint32_t before;

	enter(m);
	track(m);
	before = hidden_of(m)->epoch;
	prepare_rcx(m, ENCLS_ETRACK, m->secs_pa);
	check_code(m, encls(&m->lp), SGX_PREV_TRK_INCMPL);
	assert_int_equal(hidden_of(m)->epoch, before);
	interrupt(m);
	track(m);
	check_unlocked(m);
}

/* With nobody inside ETRACK always succeeds, and the epoch counts up. */
static void retires(void **state)
{
	struct machine *m = *state;
	int i;

	for (i = 1; i < 10; i++) {
		assert_int_equal(hidden_of(m)->epoch, i);
		track(m);
	}
}

/* A page that was never restricted counts as tracked. */
static void never_restricted(void **state)
{
	struct machine *m = *state;

	enter(m);
	assert_true(tracked(m));
	track(m);
	assert_true(tracked(m));
}

static void nobody_inside(void **state)
{
	struct machine *m = *state;

	block(m, pa_of(m, LA(OFF_DATA)));
	assert_false(tracked(m));
	track(m);
	assert_true(tracked(m));
}

static void leaver(void **state)
{
	struct machine *m = *state;

	enter(m);
	block(m, pa_of(m, LA(OFF_DATA)));
	track(m);
	assert_false(tracked(m));
	interrupt(m);
	assert_true(tracked(m));
}

/* Leaving before ETRACK does not count. */
static void left_too_early(void **state)
{
	struct machine *m = *state;

	enter(m);
	block(m, pa_of(m, LA(OFF_DATA)));
	interrupt(m);
	assert_false(tracked(m));
	track(m);
	assert_true(tracked(m));
}

/* A thread that enters after ETRACK delays neither it nor the next one. */
static void late_entrant(void **state)
{
	struct machine *m = *state;

	block(m, pa_of(m, LA(OFF_DATA)));
	track(m);
	enter(m);
	assert_true(tracked(m));
	track(m);
	assert_true(tracked(m));
}

/* A restriction in a later epoch starts all over. */
static void restricted_again(void **state)
{
	struct machine *m = *state;

	block(m, pa_of(m, LA(OFF_DATA)));
	track(m);
	enter(m);
	secs_stamp(hidden_of(m), data_epcm(m));
	assert_false(tracked(m));
	track(m);
	assert_false(tracked(m));
	interrupt(m);
	assert_true(tracked(m));
}

/* A stamp of an earlier epoch, arriving late, does not take one back. */
static void stamps(void **state)
{
	struct machine *m = *state;
	struct secs_hidden old = { .epoch = 1 };

	track(m);
	track(m);
	secs_stamp(hidden_of(m), data_epcm(m));
	assert_int_equal(data_epcm(m)->epoch, 3);
	secs_stamp(&old, data_epcm(m));
	assert_int_equal(data_epcm(m)->epoch, 3);
}

/*
 * Processors that come and go, while a page that they use is restricted again
 * and again: once that is tracked, nobody uses it as it was before.
 */
#define ROUNDS 5000
#define USERS  2

static struct {
	struct machine *m;
	uint32_t page;        /* counts restrictions */
	uint32_t used[USERS]; /* what of it a processor inside has seen */
	uint32_t over;
} game;

static void *come_and_go(void *arg)
{
	struct lp lp = { .cpu = &game.m->cpu };
	uint32_t *used = arg, seen;

	while (!__atomic_load_n(&game.over, __ATOMIC_SEQ_CST)) {
		processor_online(&lp);
		processor_join(&lp, game.m->secs_pa);
		seen = __atomic_load_n(&game.page, __ATOMIC_SEQ_CST);
		__atomic_store_n(used, seen, __ATOMIC_SEQ_CST);
		__atomic_store_n(used, 0, __ATOMIC_SEQ_CST);
		processor_offline(&lp);
	}
	return NULL;
}

static void restrict_page(void)
{
	struct cpu *cpu = &game.m->cpu;
	struct epcm *epcm = data_epcm(game.m);
	uint32_t now = __atomic_add_fetch(&game.page, 1, __ATOMIC_SEQ_CST);

	secs_stamp(hidden_of(game.m), epcm);
	must(!secs_tracked(cpu, epcm));
	while (!secs_track(cpu, game.m->secs_pa))
		;
	while (!secs_tracked(cpu, epcm))
		;
	for (int i = 0; i < USERS; i++) {
		uint32_t used = __atomic_load_n(&game.used[i],
						__ATOMIC_SEQ_CST);

		must(!used || used >= now);
	}
}

static void threads(void **state)
{
	pthread_t thread[USERS];
	int i;

	memset(&game, 0, sizeof(game));
	game.m = *state;
	game.page = 1;
	for (i = 0; i < USERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go,
						&game.used[i]),
				 0);
	for (i = 0; i < ROUNDS; i++)
		restrict_page();
	__atomic_store_n(&game.over, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < USERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(hidden_of(game.m)->epoch, 1 + ROUNDS);
	assert_false(anybody_inside(game.m));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("ETRACK", "SDM \"ETRACK - Activates EBLOCK Checks\", "
			  "Operation"),
	ROW("RCX is not page aligned", "#GP(0)", T(secs_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(secs_not_epc)),
	ROW("the SECS is in use by an exclusive leaf", "#GP(0)",
	    T(secs_locked)),
	DEVIATES("DC20", "another ETRACK is under way", "never so"),
	ROW("the SECS is invalid, or no SECS", "#PF(RCX)", T(secs_invalid),
	    T(not_a_secs)),
	ROW("who entered before the last ETRACK is still inside",
	    "SGX_PREV_TRK_INCMPL", T(previous_incomplete)),
	ROW("none of these", "a new epoch", T(retires)),
	SUBJECT("Tracking", "SDM \"ETRACK\"; \"EPC and Management of EPC "
			    "Pages\""),
	ROW("a page was never restricted", "tracked", T(never_restricted)),
	ROW("restricted, no ETRACK since",
	    "not tracked, even if nobody is "
	    "inside",
	    T(nobody_inside)),
	ROW("restricted, ETRACK, who was inside has left", "tracked",
	    T(leaver)),
	ROW("who was inside left before ETRACK", "tracked after ETRACK",
	    T(left_too_early)),
	ROW("somebody entered after ETRACK", "does not delay it",
	    T(late_entrant)),
	ROW("restricted again after ETRACK", "not tracked",
	    T(restricted_again)),
	TESTS(T(stamps), T(threads)),
};

CONFORM_MAIN(rows, NULL)
