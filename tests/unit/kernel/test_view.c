/* SPDX-License-Identifier: BSD-3-Clause */
/* What the real mapping allows, so that code outside meets the abort page. */
#include "fixture.h"

#include "kernel/mm/view.h"
#include "tests/conform/conform.h"

#define KEY 3 /* the fixture's process has up to 3 */

/* Pages 2 and 3, RW; and page 4, RX. */
static void map_with(enum sgx_view view)
{
	sgx_view_init(&m.mm, view, view == SGX_VIEW_KEY ? KEY : 0);
	assert_int_equal(map_fixed(PAGE(2), 2 * SGX_PAGE_SIZE, RW), PAGE(2));
	assert_int_equal(map_fixed(PAGE(4), SGX_PAGE_SIZE, RX), PAGE(4));
}

static enum fault_outcome touch(uint64_t addr, uint32_t code)
{
	struct ksignal signal;

	return machine_page_fault(code | PF_USER, addr, &signal);
}

static void hidden_until_somebody_is_inside(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), 0);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	sgx_view_enter(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), 0);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
}

static void hidden_when_the_last_has_left(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	sgx_view_enter(&m.mm);
	sgx_view_enter(&m.mm);
	sgx_sync_page(&m.mm, PAGE(2));
	sgx_sync_page(&m.mm, PAGE(4));
	sgx_view_leave(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(4))->prot, RX);
	sgx_view_leave(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(3))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(4))->prot, PROT_NONE);
}

static void hiding_nothing_costs_nothing(void **state)
{
	unsigned calls;

	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	sgx_view_enter(&m.mm);
	calls = m.protect_calls;
	sgx_view_leave(&m.mm);
	assert_int_equal(m.protect_calls, calls);
}

/* Somebody enters, and uses pages 2 and 4, and leaves. */
static void stay(void)
{
	sgx_view_enter(&m.mm);
	sgx_sync_page(&m.mm, PAGE(2));
	sgx_sync_page(&m.mm, PAGE(4));
	sgx_view_leave(&m.mm);
}

static void what_was_used_is_shown_at_the_next_entry(void **state)
{
	unsigned calls;

	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	stay();
	sgx_view_enter(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(4))->prot, RX);
	calls = m.protect_calls;
	sgx_view_leave(&m.mm);
	assert_int_equal(m.protect_calls, calls + 1);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(4))->prot, PROT_NONE);
}

static void what_it_may_no_longer_is_not_shown(void **state)
{
	unsigned calls;

	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	stay();
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), SGX_PAGE_SIZE, R, -1), 0);
	assert_int_equal(sgx_munmap(&m.mm, PAGE(4), SGX_PAGE_SIZE), 0);
	calls = m.protect_calls;
	sgx_view_enter(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, R);
	/* page 3 was given with page 2 */
	assert_int_equal(m.protect_calls, calls + 2);
	sgx_view_leave(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
}

static void what_is_not_used_is_forgotten(void **state)
{
	int prot = RW;

	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	stay();
	for (int i = 0; i < 1000 && prot == RW; i++) {
		sgx_view_enter(&m.mm);
		prot = real_page(PAGE(2))->prot;
		sgx_view_leave(&m.mm);
	}
	assert_int_equal(prot, PROT_NONE);
}

/* More places than are remembered: hidden all the same. */
static void scattered_pages_are_hidden_too(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	m.mm.nr_recent = SGX_RECENT;
	for (unsigned i = 0; i < SGX_RECENT; i++)
		m.mm.recent[i] = (struct sgx_range){ 1, 2 };
	stay();
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(4))->prot, PROT_NONE);
}

static void a_child_of_fork_is_outside(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	sgx_view_enter(&m.mm);
	sgx_sync_page(&m.mm, PAGE(2));
	sgx_dup_mm(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
}

static void mprotect_does_not_uncover(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), SGX_PAGE_SIZE, R, -1), 0);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
}

static void the_key_is_on_all_that_shows(void **state)
{
	(void)state;
	map_with(SGX_VIEW_KEY);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(2))->pkey, KEY);
	assert_int_equal(real_page(PAGE(4))->pkey, KEY);
	sgx_view_enter(&m.mm);
	sgx_view_leave(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
}

/* Linux has a key for that. */
static void not_on_what_may_only_be_executed(void **state)
{
	(void)state;
	sgx_view_init(&m.mm, SGX_VIEW_KEY, KEY);
	assert_int_equal(map_fixed(PAGE(6), SGX_PAGE_SIZE, X), PAGE(6));
	assert_int_equal(real_page(PAGE(6))->prot, X);
	assert_int_equal(real_page(PAGE(6))->pkey, 0);
}

static void the_programs_own_key_wins(void **state)
{
	(void)state;
	map_with(SGX_VIEW_KEY);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), SGX_PAGE_SIZE, RW, 1), 0);
	assert_int_equal(real_page(PAGE(2))->pkey, 1);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 8), 0);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), SGX_PAGE_SIZE, RW, 0), 0);
	assert_int_equal(real_page(PAGE(2))->pkey, KEY);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 8), 8);
}

static void everybody_sees_it_in_one_view(void **state)
{
	(void)state;
	map_with(SGX_VIEW_SHARED);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(2))->pkey, 0);
	sgx_view_enter(&m.mm);
	sgx_view_leave(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 8), 0);
	/* what the EPCM gives nobody is ones all the same */
	epcm_at(PAGE(3))->pending = 1;
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(3), 8), 8);
}

static void how_far_it_goes(void **state)
{
	(void)state;
	map_with(SGX_VIEW_KEY);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 1), 1);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2) + 5, 4096), 4096);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2) + 5, 1ull << 30),
			 3 * 4096 - 5);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(5), 1), 0);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(1) + 4090, 100), 0);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(3), SGX_PAGE_SIZE, PROT_NONE,
				      -1),
			 0);
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 1ull << 30), 4096);
}

/* A hole, and a page that may do less than the mapping has. */
static void no_page_is_no_abort_page(void **state)
{
	(void)state;
	map_with(SGX_VIEW_KEY);
	page_at(PAGE(3))->vm_max_prot = R;
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(3), 8), 0);
	page_at(PAGE(2))->added = 0;
	assert_int_equal(sgx_abort_pages(&m.mm, PAGE(2), 8), 0);
}

static void an_access_outside_is_the_abort_page(void **state)
{
	(void)state;
	map_with(SGX_VIEW_HIDDEN);
	assert_int_equal(touch(PAGE(2), 0), FAULT_ABORT_PAGE);
	assert_int_equal(touch(PAGE(2), PF_WRITE), FAULT_ABORT_PAGE);
	assert_int_equal(touch(PAGE(4), PF_INSTR), FAULT_ABORT_PAGE);
	assert_int_equal(touch(PAGE(4), PF_WRITE), FAULT_SIGNAL);
}

static void by_our_key_is_not_by_the_programs(void **state)
{
	(void)state;
	map_with(SGX_VIEW_KEY);
	assert_int_equal(touch(PAGE(2), PF_PROT | PF_PK), FAULT_ABORT_PAGE);
}

#define VIEW(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("the abort page", "SDM \"Access-control Requirements\""),
	ROW("a protection key: code outside", "cannot reach the EPC",
	    VIEW(the_key_is_on_all_that_shows),
	    VIEW(by_our_key_is_not_by_the_programs)),
	DEVIATES("DP26", "a protection key of the program's",
		 "is the one that counts", VIEW(the_programs_own_key_wins)),
	ROW("may only be executed", "the host's key for that",
	    VIEW(not_on_what_may_only_be_executed)),
	ROW("--strict: nobody is inside", "no access",
	    VIEW(hidden_until_somebody_is_inside),
	    VIEW(hidden_when_the_last_has_left),
	    VIEW(a_child_of_fork_is_outside), VIEW(mprotect_does_not_uncover)),
	DEVIATES("DP1", "neither", "the page itself",
		 VIEW(everybody_sees_it_in_one_view)),
	ROW("an access from outside that the page tables allow", "no signal",
	    VIEW(an_access_outside_is_the_abort_page)),
	TESTS(VIEW(how_far_it_goes), VIEW(no_page_is_no_abort_page),
	      VIEW(hiding_nothing_costs_nothing),
	      VIEW(what_was_used_is_shown_at_the_next_entry),
	      VIEW(what_it_may_no_longer_is_not_shown),
	      VIEW(what_is_not_used_is_forgotten),
	      VIEW(scattered_pages_are_hidden_too)),
};

CONFORM_MAIN(rows, NULL)
