/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kernel/fault/retry.c alone: which refusals are retried, and that retries end.
 * The TCS of a dead thread is in test_exit.c.
 */
#include "fixture.h"

#include "kernel/fault/internal.h"

#define MOST_REPEATS (1u << 16)
#define MOST_BLAMED  16u

static struct ksignal sig;

static struct page_fault fault_at(uint64_t address)
{
	return (struct page_fault){ &m.mm,   &m.lp, &m.retries,
				    address, &sig,  false };
}

static void repeat(const struct page_fault *f, unsigned n)
{
	while (n--)
		assert_true(retry_mended(f));
}

static void the_same_access_ends(void **state)
{
	const struct page_fault f = fault_at(PAGE(2));

	(void)state;
	repeat(&f, MOST_REPEATS);
	assert_false(retry_mended(&f));
}

/* The count starts again after another access or after paging. */
static void another_fault_counts_anew(void **state)
{
	const struct page_fault f = fault_at(PAGE(2));
	const struct page_fault other = fault_at(PAGE(3));

	(void)state;
	repeat(&f, MOST_REPEATS);
	repeat(&other, MOST_REPEATS);
	assert_false(retry_mended(&other));
	repeat(&f, MOST_REPEATS);
	m.lp.r.rip++;
	repeat(&f, MOST_REPEATS);
	m.shared->paging_seq++;
	repeat(&f, MOST_REPEATS);
	assert_false(retry_mended(&f));
}

static void a_retired_leaf_counts_anew(void **state)
{
	const struct page_fault f = fault_at(PAGE(2));

	(void)state;
	repeat(&f, MOST_REPEATS);
	exc_leaf_retired(&m.retries);
	repeat(&f, MOST_REPEATS);
	assert_false(retry_mended(&f));
}

static void a_signal_counts_anew(void **state)
{
	struct page_fault f = fault_at(PAGE(2));

	(void)state;
	repeat(&f, MOST_REPEATS);
	assert_int_equal(force_sig_fault(&f, 11, 1, 0), FAULT_SIGNAL);
	repeat(&f, MOST_REPEATS);
	assert_false(retry_mended(&f));
}

static void paging_is_blamed_once_for_each_time(void **state)
{
	const struct page_fault f = fault_at(PAGE(2));

	(void)state;
	assert_false(retry_after_paging(&f));
	m.shared->paging_seq++;
	assert_true(retry_after_paging(&f));
	assert_false(retry_after_paging(&f));
	m.shared->paging_seq += 2;
	assert_true(retry_after_paging(&f));
	assert_false(retry_after_paging(&f));
}

static unsigned blame(const struct page_fault *f)
{
	unsigned n = 0;

	for (m.shared->paging_seq++; retry_after_paging(f); n++) {
		assert_true(n < 1000);
		m.shared->paging_seq++;
	}
	return n;
}

static void endless_paging_is_blamed_so_often(void **state)
{
	const struct page_fault f = fault_at(PAGE(2));

	(void)state;
	assert_int_equal(blame(&f), MOST_BLAMED);
	/* The next fault counts separately. */
	assert_int_equal(blame(&f), MOST_BLAMED);
	m.shared->paging_seq++;
	assert_true(retry_after_paging(&f));
	exc_leaf_retired(&m.retries);
	assert_int_equal(blame(&f), MOST_BLAMED);
}

/* Threads do not count for each other. */
static void each_thread_has_its_own(void **state)
{
	struct page_fault f = fault_at(PAGE(2));
	struct fault_retries others = { 0 };

	(void)state;
	m.shared->paging_seq++;
	assert_true(retry_after_paging(&f));
	assert_false(retry_after_paging(&f));
	f.retries = &others;
	assert_true(retry_after_paging(&f));
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_access_ends),
		TEST(another_fault_counts_anew),
		TEST(a_retired_leaf_counts_anew),
		TEST(a_signal_counts_anew),
		TEST(paging_is_blamed_once_for_each_time),
		TEST(endless_paging_is_blamed_so_often),
		TEST(each_thread_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
