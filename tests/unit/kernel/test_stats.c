/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of counters: whose they are, and that no count is lost or made. */
#include "fixture.h"
#include "kernel/platform/stats.h"

#define ALICE 1
#define BOB   2

static struct sgx_stats *stats(void)
{
	return sgx_stats_of(m.shared);
}

static struct sgx_stats_row *claim(uint32_t process, uint32_t tid)
{
	return sgx_stats_claim(stats(), process, 100 + process, tid, 7);
}

static uint64_t sum(enum sgx_stats_counter what)
{
	return sgx_stats_sum(stats(), what, what);
}

static uint64_t own(const struct sgx_stats_row *row,
		    enum sgx_stats_counter what)
{
	return row->count[what] - row->before[what];
}

static void each_thread_has_its_own(void **state)
{
	struct sgx_stats_row *a = claim(ALICE, 1), *b = claim(BOB, 1);

	(void)state;
	assert_ptr_not_equal(a, b);
	sgx_stats_add(a, SGX_STAT_EENTER, 2);
	sgx_stats_add(b, SGX_STAT_EENTER, 3);
	sgx_stats_add(b, SGX_STAT_EEXIT, 1);
	assert_int_equal(a->pid, 101);
	assert_int_equal(b->pid, 102);
	assert_int_equal(b->eid, 7);
	assert_int_equal(own(a, SGX_STAT_EENTER), 2);
	assert_int_equal(sum(SGX_STAT_EENTER), 5);
	assert_int_equal(sgx_stats_sum(stats(), SGX_STAT_EENTER,
				       SGX_STAT_EEXIT),
			 6);
}

/* While there are others, what the dead have done can still be looked at. */
static void the_dead_keep_theirs(void **state)
{
	struct sgx_stats_row *a = claim(ALICE, 1);

	(void)state;
	sgx_stats_end(a);
	assert_int_equal(sgx_stats_state(a), SGX_STATS_DONE);
	assert_ptr_not_equal(claim(ALICE, 2), a);
}

static void a_row_is_used_again_and_the_sum_stays(void **state)
{
	struct sgx_stats_row *rows[SGX_STATS_SHOWN], *again;
	uint32_t n = 0;

	(void)state;
	for (; sgx_stats_nr_rows(stats()) < SGX_STATS_SHOWN; n++)
		rows[n] = claim(ALICE, n + 1);
	sgx_stats_add(rows[5], SGX_STAT_EENTER, 9);
	rows[5]->at = 4711;
	rows[5]->inside = 1;
	sgx_stats_end(rows[5]);
	again = claim(BOB, 77);
	assert_ptr_equal(again, rows[5]);
	assert_int_equal(again->tid, 77);
	assert_int_equal(again->at, 0);
	assert_int_equal(again->inside, 0);
	assert_int_equal(own(again, SGX_STAT_EENTER), 0);
	sgx_stats_add(again, SGX_STAT_EENTER, 1);
	assert_int_equal(own(again, SGX_STAT_EENTER), 1);
	assert_int_equal(sum(SGX_STAT_EENTER), 10);
	/* nobody else has ended: a new one */
	assert_ptr_equal(claim(BOB, 78), &stats()->rows[SGX_STATS_SHOWN]);
}

static void who_finds_none_shares_one(void **state)
{
	struct sgx_stats_row *row = NULL;

	(void)state;
	for (uint32_t tid = 1; tid < SGX_STATS_ROWS; tid++)
		row = claim(ALICE, tid);
	assert_ptr_equal(row, &stats()->rows[SGX_STATS_ROWS - 1]);
	row = claim(ALICE, SGX_STATS_ROWS);
	assert_ptr_equal(row, &stats()->rows[0]);
	assert_ptr_equal(claim(BOB, 1), row);
	sgx_stats_add(row, SGX_STAT_EENTER, 4);
	sgx_stats_end(row);
	assert_int_equal(sgx_stats_state(row), SGX_STATS_LIVE);
	assert_int_equal(sum(SGX_STAT_EENTER), 4);
}

static void a_process_ends_with_its_rows(void **state)
{
	struct sgx_stats_row *a = claim(ALICE, 1), *b = claim(BOB, 1);
	struct sgx_stats_row *half = claim(ALICE, 2);

	(void)state;
	/* killed while it was claiming one */
	half->owner = (uint64_t)ALICE << 32 | SGX_STATS_CLAIMED;
	sgx_stats_exit(stats(), ALICE);
	assert_int_equal(sgx_stats_state(a), SGX_STATS_DONE);
	assert_int_equal(sgx_stats_state(half), SGX_STATS_DONE);
	assert_int_equal(sgx_stats_state(b), SGX_STATS_LIVE);
	/* nobody's number */
	sgx_stats_exit(stats(), 0);
	assert_int_equal(sgx_stats_state(b), SGX_STATS_LIVE);
	assert_int_equal(sgx_stats_state(&stats()->rows[0]), SGX_STATS_LIVE);
}

static void enclaves_that_ended_are_remembered(void **state)
{
	struct sgx_stats_encl e = { .eid = 1 };

	(void)state;
	for (; e.eid <= SGX_STATS_ENDED + 2; e.eid++)
		sgx_stats_remember(stats(), &e);
	assert_int_equal(stats()->nr_ended, SGX_STATS_ENDED + 2);
	assert_int_equal(stats()->ended[0].eid, SGX_STATS_ENDED + 1);
	assert_int_equal(stats()->ended[2].eid, 3);
}

#define FRESH(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(each_thread_has_its_own),
		FRESH(the_dead_keep_theirs),
		FRESH(a_row_is_used_again_and_the_sum_stays),
		FRESH(who_finds_none_shares_one),
		FRESH(a_process_ends_with_its_rows),
		FRESH(enclaves_that_ended_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
