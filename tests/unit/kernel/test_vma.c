/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of mappings, and the lock that guards it. */
#define SGX_LOCK_PATIENCE 1000u /* before the first of them */
#include "fixture.h"

#include "kernel/mm/vma.h"
#include "kernel/platform/lock.h"

static void insert(uint64_t start, uint64_t end, uint32_t encl)
{
	struct sgx_vma vma = { .start = start, .end = end, .encl = encl };

	assert_int_equal(sgx_vma_reserve(&m.mm, 1), 0);
	sgx_vma_insert(&m.mm, &vma);
}

static void check_sorted(void)
{
	for (uint32_t i = 0; i < m.mm.nr_vmas; i++) {
		assert_true(m.mm.vmas[i].start < m.mm.vmas[i].end);
		if (i)
			assert_true(m.mm.vmas[i - 1].end <= m.mm.vmas[i].start);
	}
}

static void empty_list_finds_nothing(void **state)
{
	(void)state;
	assert_null(sgx_find_vma(&m.mm, 0));
	assert_false(sgx_touches(&m.mm, 0, UINT64_MAX));
	sgx_vma_remove(&m.mm, 0, UINT64_MAX);
}

static void finds_by_address(void **state)
{
	(void)state;
	insert(0x3000, 0x5000, 0);
	insert(0x1000, 0x2000, 0);
	insert(0x5000, 0x6000, 1);
	check_sorted();
	assert_null(sgx_find_vma(&m.mm, 0xfff));
	assert_int_equal(sgx_find_vma(&m.mm, 0x1fff)->start, 0x1000);
	assert_null(sgx_find_vma(&m.mm, 0x2000));
	assert_int_equal(sgx_find_vma(&m.mm, 0x4fff)->start, 0x3000);
	assert_int_equal(sgx_find_vma(&m.mm, 0x5000)->encl, 1);
	assert_null(sgx_find_vma(&m.mm, 0x6000));
}

static void touching(void **state)
{
	(void)state;
	insert(0x3000, 0x5000, 0);
	assert_false(sgx_touches(&m.mm, 0x2000, 0x1000));
	assert_true(sgx_touches(&m.mm, 0x2000, 0x1001));
	assert_true(sgx_touches(&m.mm, 0x4fff, 1));
	assert_false(sgx_touches(&m.mm, 0x5000, 0x1000));
	assert_false(sgx_touches(&m.mm, 0x4000, 0));
	assert_true(sgx_touches(&m.mm, 0x1000, UINT64_MAX));
}

static void neighbours_are_not_merged(void **state)
{
	(void)state;
	insert(0x1000, 0x2000, 0);
	insert(0x2000, 0x3000, 0);
	assert_int_equal(m.mm.nr_vmas, 2);
}

static void split_makes_a_boundary_once(void **state)
{
	(void)state;
	insert(0x1000, 0x4000, 0);
	assert_int_equal(sgx_vma_reserve(&m.mm, 3), 0);
	sgx_vma_split(&m.mm, 0x2000);
	sgx_vma_split(&m.mm, 0x2000);
	sgx_vma_split(&m.mm, 0x4000);
	sgx_vma_split(&m.mm, 0x1000);
	assert_int_equal(m.mm.nr_vmas, 2);
	assert_int_equal(m.mm.vmas[0].end, 0x2000);
	assert_int_equal(m.mm.vmas[1].start, 0x2000);
	assert_int_equal(m.mm.vmas[1].end, 0x4000);
}

static void remove_cuts_a_hole(void **state)
{
	(void)state;
	m.pins[0] = 1;
	insert(0x1000, 0x6000, 0);
	assert_int_equal(sgx_vma_reserve(&m.mm, 2), 0);
	sgx_vma_remove(&m.mm, 0x2000, 0x4000);
	assert_int_equal(m.mm.nr_vmas, 2);
	assert_non_null(sgx_find_vma(&m.mm, 0x1fff));
	assert_null(sgx_find_vma(&m.mm, 0x3000));
	assert_int_equal(sgx_find_vma(&m.mm, 0x4000)->end, 0x6000);
	assert_int_equal(m.pins[0], 1);
}

static void last_mapping_unpins(void **state)
{
	(void)state;
	m.pins[0] = m.pins[1] = 1;
	insert(0x1000, 0x2000, 0);
	insert(0x2000, 0x3000, 1);
	insert(0x3000, 0x4000, 0);
	sgx_vma_remove(&m.mm, 0, 0x3000);
	assert_int_equal(m.pins[0], 1);
	assert_int_equal(m.pins[1], 0);
	sgx_vma_remove(&m.mm, 0x3000, 0x4000);
	assert_int_equal(m.pins[0], 0);
	assert_int_equal(m.mm.nr_vmas, 0);
}

/* Against a list of pages, the slow and obvious way. */
static void random_operations_agree_with_pages(void **state)
{
	bool mapped[256] = { false };
	uint32_t seed = 12345;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		unsigned start, end;

		seed = seed * 1103515245 + 12345;
		start = seed >> 8 & 0xff;
		end = start + 1 + (seed >> 16 & 0x1f);
		if (end > 256)
			end = 256;
		assert_int_equal(sgx_vma_reserve(&m.mm, 3), 0);
		sgx_vma_remove(&m.mm, start * 4096ull, end * 4096ull);
		if (seed >> 30 & 1)
			insert(start * 4096ull, end * 4096ull, 0);
		for (unsigned i = start; i < end; i++)
			mapped[i] = seed >> 30 & 1;
		check_sorted();
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(!!sgx_find_vma(&m.mm, i * 4096ull),
					 mapped[i]);
	}
}

static void grows_up_to_the_limit(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < SGX_MAX_MAP_COUNT; i++)
		insert(i * 8192, i * 8192 + 4096, 0);
	assert_int_equal(sgx_vma_reserve(&m.mm, 1), -ENOMEM);
	check_sorted();
}

static void no_memory_is_enomem(void **state)
{
	(void)state;
	m.fail_alloc = true;
	assert_int_equal(sgx_vma_reserve(&m.mm, 1), -ENOMEM);
}

static void child_does_not_have_what_was_kept_back(void **state)
{
	(void)state;
	insert(0x1000, 0x2000, 0);
	insert(0x2000, 0x3000, 0);
	m.mm.vmas[0].flags = SGX_VMA_DONTFORK;
	sgx_lock(&m.mm.lock);
	sgx_dup_mm(&m.mm);
	assert_null(sgx_find_vma(&m.mm, 0x1000));
	assert_non_null(sgx_find_vma(&m.mm, 0x2000));
	/* And the lock is free. */
	assert_true(sgx_unlock(&m.mm.lock, sgx_lock(&m.mm.lock)));
}

/* Once each, however its mappings lie. */
static void child_counts_for_each_enclave(void **state)
{
	(void)state;
	insert(0x1000, 0x2000, 0);
	insert(0x2000, 0x3000, 1);
	insert(0x3000, 0x4000, 0);
	insert(0x4000, 0x5000, 0);
	m.shared->encls[0].nr_mms = m.shared->encls[1].nr_mms = 1;
	sgx_dup_mm(&m.mm);
	assert_int_equal(m.shared->encls[0].nr_mms, 2);
	assert_int_equal(m.shared->encls[1].nr_mms, 2);
}

static void lock_of_a_dead_holder_is_taken_over(void **state)
{
	struct sgx_lock lock = { 0 };
	struct sgx_ticket first, second;

	(void)state;
	first = sgx_lock(&lock);
	second = sgx_lock(&lock);
	/* The first was only stopped: it is told. */
	assert_false(sgx_unlock(&lock, first));
	assert_true(sgx_unlock(&lock, second));
	assert_true(sgx_unlock(&lock, sgx_lock(&lock)));
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_OPEN(empty_list_finds_nothing),
		ON_OPEN(finds_by_address),
		ON_OPEN(touching),
		ON_OPEN(neighbours_are_not_merged),
		ON_OPEN(split_makes_a_boundary_once),
		ON_OPEN(remove_cuts_a_hole),
		ON_OPEN(last_mapping_unpins),
		ON_OPEN(random_operations_agree_with_pages),
		ON_OPEN(grows_up_to_the_limit),
		ON_OPEN(no_memory_is_enomem),
		ON_OPEN(child_does_not_have_what_was_kept_back),
		ON_OPEN(child_counts_for_each_enclave),
		ON_OPEN(lock_of_a_dead_holder_is_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
