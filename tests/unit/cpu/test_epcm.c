/* SPDX-License-Identifier: BSD-3-Clause */
/* EPCM locks, and the tracking of who is inside an enclave. */
#include <pthread.h>

#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"
#include "tests/unit/cpu/signer.h"

static void exclusive(void **state)
{
	struct epcm epcm = { 0 };

	(void)state;
	assert_true(epcm_trylock_exclusive(&epcm));
	assert_false(epcm_trylock_exclusive(&epcm));
	assert_false(epcm_trylock_shared(&epcm));
	epcm_unlock_exclusive(&epcm);
	assert_true(epcm_trylock_shared(&epcm));
}

static void shared(void **state)
{
	struct epcm epcm = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 254; i++)
		assert_true(epcm_trylock_shared(&epcm));
	/* One more would look like an exclusive lock. */
	assert_false(epcm_trylock_shared(&epcm));
	assert_false(epcm_trylock_exclusive(&epcm));
	for (i = 0; i < 254; i++)
		epcm_unlock_shared(&epcm);
	assert_int_equal(epcm.lock, 0);
	assert_true(epcm_trylock_exclusive(&epcm));
}

struct contest {
	struct machine *m;
	struct epcm epcm;
	int owners; /* plain: only the lock protects it */
	int taken;  /* plain, likewise */
};

#define ROUNDS 20000

static void *contend(void *arg)
{
	struct contest *c = arg;
	struct lp lp = { .cpu = &c->m->cpu };
	int i, won = 0;

	for (i = 0; i < ROUNDS || !won; i++) {
		processor_online(&lp);
		processor_join(&lp, c->m->secs_pa);
		if (epcm_trylock_exclusive(&c->epcm)) {
			must(c->owners++ == 0);
			c->taken++;
			c->owners--;
			epcm_unlock_exclusive(&c->epcm);
			won++;
		} else if (epcm_trylock_shared(&c->epcm)) {
			must(c->owners == 0);
			epcm_unlock_shared(&c->epcm);
		}
		processor_offline(&lp);
	}
	return (void *)(intptr_t)won;
}

static void threads(void **state)
{
	static struct contest c;
	pthread_t thread[4];
	int i, total = 0;
	void *won;

	c = (struct contest){ .m = *state };
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, contend, &c),
				 0);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &won);
		total += (intptr_t)won;
	}
	assert_int_equal(c.taken, total);
	assert_int_equal(c.epcm.lock, 0);
	assert_false(anybody_inside(c.m));
	assert_in_range(c.m->nr_processors, 1, 4);
}

/* Leaving counts against the epoch that was joined. */
static void epochs(void **state)
{
	struct machine *m = *state;
	struct lp first = { .cpu = &m->cpu }, second = first;

	processor_online(&first);
	processor_join(&first, m->secs_pa);
	assert_true(processors_inside(&m->cpu, m->secs_pa, 1));
	assert_true(secs_track(&m->cpu, m->secs_pa));
	processor_online(&second);
	processor_join(&second, m->secs_pa);
	assert_true(processors_inside(&m->cpu, m->secs_pa, 1));
	processor_offline(&first);
	assert_false(processors_inside(&m->cpu, m->secs_pa, 1));
	assert_true(processors_inside(&m->cpu, m->secs_pa, 2));
	assert_true(anybody_inside(m));
	processor_offline(&second);
	assert_false(anybody_inside(m));
}

/* Entering reads the TCS under its lock: never two processors in one TCS. */
static void *enter_and_exit(void *arg)
{
	struct machine *m = arg;
	struct lp lp = m->lp;
	intptr_t entered = 0;
	int i;

	lp.xsave = NULL;
	/* On a busy machine the other may long be in and not run. */
	for (i = 0; i < ROUNDS || !entered; i++) {
		lp.r.rax = ENCLU_EENTER;
		lp.r.rbx = LA(OFF_TCS);
		lp.r.rcx = HOST_AEP;
		if (enclu(&lp))
			continue;
		must(lp.r.rax == 0);
		entered++;
		if (i & 1) {
			aex(&lp, NULL, NULL);
			lp.r.rax = ENCLU_ERESUME;
			while (enclu(&lp))
				;
		}
		lp.r.rax = ENCLU_EEXIT;
		lp.r.rbx = HOST_RIP;
		must(!enclu(&lp));
	}
	return (void *)entered;
}

static void one_tcs(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs = at(m, LA(OFF_TCS));
	pthread_t thread;
	void *entered;

	/* A second frame would let the other enter after an AEX. */
	tcs->nssa = 1;
	assert_int_equal(pthread_create(&thread, NULL, enter_and_exit, m), 0);
	assert_true(enter_and_exit(m));
	pthread_join(thread, &entered);
	assert_int_equal(tcs->state, TCS_INACTIVE);
	assert_int_equal(tcs->cssa, 0);
	assert_int_equal(epcm_at(m, LA(OFF_TCS))->lock, 0);
	assert_false(anybody_inside(m));
}

#define T(f) cmocka_unit_test(f)
#define BUILT(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_enclave, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("Concurrency", "SDM, tables \"Base Concurrency Restrictions\""),
	ROW("exclusive against exclusive or shared", "a conflict", T(exclusive),
	    BUILT(threads)),
	ROW("shared against shared", "both go on", T(shared), BUILT(threads)),
	ROW("many processors enter by one TCS", "one at a time",
	    BUILT(one_tcs)),
	TESTS(BUILT(epochs)),
};

CONFORM_MAIN(rows, NULL)
