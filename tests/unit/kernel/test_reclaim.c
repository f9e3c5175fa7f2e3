/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread evicts a page, and other threads use that page between its steps.
 * Before each step it takes the enclave's lock; the other threads run then.
 */
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"
#include "sgx2.h"
#include "tests/conform/conform.h"

enum step { ISOLATE = 1, BLOCK, WRITE, WRITE_AGAIN };

static struct {
	enum step now;
	void (*turn)(enum step now);
} others;

static uint32_t others_first(void)
{
	void (*turn)(enum step now) = others.turn;

	others.turn = NULL; /* not also while they take locks */
	if (turn)
		turn(++others.now);
	others.turn = turn;
	return m.process;
}

static int setup(void **state)
{
	machine_setup_sgx2_inside(state);
	write_byte(PAGE(5), 55);
	exit_by_leaf(&m.lp);
	m.host.current = others_first;
	others.now = 0;
	return 0;
}

static int teardown(void **state)
{
	others.turn = NULL;
	return machine_teardown(state);
}

static void evict_while(void (*turn)(enum step now))
{
	others.turn = turn;
	sgx_evict(&m.mm, m.encl, PAGE(5), PAGE(6));
	others.turn = NULL;
}

static void set_flags(unsigned flags)
{
	page_at(PAGE(5))->flags = flags;
}

static void block(void)
{
	struct lp lp = { .cpu = &m.mm.cpu };

	assert_int_equal(__eblock(&lp, epc_at(PAGE(5))), 0);
}

/* An evicted page is in no page table, and complete when it is loaded. */
static void check_page(void)
{
	if (!epcm_at(PAGE(5))->valid)
		assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
	enter_by_leaf(&m.lp, PAGE(0));
	assert_int_equal(read_byte(PAGE(5)), 55);
}

/* It is kept before EBLOCK; then another thread selects and blocks it. */
static void put_back_and_taken_again(enum step now)
{
	if (now == BLOCK)
		set_flags(SGX_PAGE_YOUNG);
	if (now == WRITE)
		set_flags(SGX_PAGE_BEING_RECLAIMED);
	if (now == WRITE_AGAIN)
		block();
}

static void victim_that_was_never_blocked_is_left_alone(void **state)
{
	(void)state;
	evict_while(put_back_and_taken_again);
	check_page();
}

/* The enclave was released, and another one is in its place. */
static void replaced(enum step now)
{
	if (now == WRITE)
		m.encl->token_ino++;
}

static void victim_of_another_enclave_is_left_alone(void **state)
{
	(void)state;
	evict_while(replaced);
	assert_int_equal(epcm_at(PAGE(5))->valid, 1);
	check_page();
}

static void undisturbed(enum step now)
{
	(void)now;
}

static void victim_leaves_otherwise(void **state)
{
	(void)state;
	evict_while(undisturbed);
	assert_int_equal(epcm_at(PAGE(5))->valid, 0);
	check_page();
}

#define TWO(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct conform rows[] = {
	TESTS(TWO(victim_that_was_never_blocked_is_left_alone),
	      TWO(victim_of_another_enclave_is_left_alone),
	      TWO(victim_leaves_otherwise)),
};

CONFORM_MAIN(rows, NULL)
