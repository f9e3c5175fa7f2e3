/* SPDX-License-Identifier: BSD-3-Clause */
/* --inject: when an event is due, and that a seed repeats a random run. */
#include "fixture.h"
#include "kernel/sgx/encl.h"

#define HALF (1ull << 52)

static int add(enum sgx_when when, uint64_t n, uint64_t seed)
{
	const struct sgx_injection in = {
		.event = SGX_EVENT_AEX, .when = when, .n = n, .seed = seed
	};

	return sgx_injection_add(m.shared, &in);
}

static uint64_t next(enum sgx_when when)
{
	uint64_t n;

	return sgx_injection_count(m.shared, when, &n);
}

static void counted_without_any_rule(void **state)
{
	uint64_t n;

	(void)state;
	for (uint64_t i = 1; i < 4; i++) {
		assert_int_equal(sgx_injection_count(m.shared, SGX_WHEN_FAULT,
						     &n),
				 0);
		assert_int_equal(n, i);
	}
	assert_int_equal(sgx_when_count(m.shared, SGX_WHEN_FAULT), 3);
	assert_int_equal(sgx_when_count(m.shared, SGX_WHEN_EENTER), 0);
	assert_false(sgx_injection_any(m.shared));
	assert_null(sgx_injection_at(m.shared, 0));
}

static void due_at_its_number_and_only_there(void **state)
{
	(void)state;
	assert_int_equal(add(SGX_WHEN_EENTER, 2, 0), 0);
	assert_int_equal(add(SGX_WHEN_EEXIT, 1, 0), 1);
	assert_int_equal(add(SGX_WHEN_EENTER, 2, 0), 2);
	assert_int_equal(next(SGX_WHEN_EENTER), 0);
	assert_int_equal(next(SGX_WHEN_EENTER), 1 | 4);
	assert_int_equal(next(SGX_WHEN_EENTER), 0);
	assert_int_equal(next(SGX_WHEN_EEXIT), 2);
	assert_int_equal(next(SGX_WHEN_EEXIT), 0);
}

static void times_are_none_of_its(void **state)
{
	(void)state;
	add(SGX_WHEN_TIME, 1, 0);
	add(SGX_WHEN_EVERY, 1, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(SGX_WHEN_IOCTL), 0);
}

static uint64_t draw(uint64_t seed, uint64_t n)
{
	uint64_t bits = 0;

	m.shared->nr_injections = 0;
	m.shared->injections[0].active = 0;
	add(SGX_WHEN_RANDOM, n, seed);
	for (int i = 0; i < 60; i++)
		bits = bits << 1 | next((enum sgx_when)(i % SGX_COUNTED));
	return bits;
}

static void chance(void **state)
{
	uint64_t first = draw(1, HALF);

	(void)state;
	assert_int_equal(draw(1, HALF), first);
	assert_int_not_equal(draw(2, HALF), first);
	/* 60 draws with probability 1/2 */
	assert_in_range(__builtin_popcountll(first), 15, 45);
	assert_int_equal(draw(3, 1ull << 53), (1ull << 60) - 1);
	assert_int_equal(draw(3, 0), 0);
}

static void places_are_used_again(void **state)
{
	(void)state;
	for (int i = 0; i < SGX_MAX_INJECTIONS; i++)
		assert_int_equal(add(SGX_WHEN_EENTER, 100, 0), i);
	assert_int_equal(add(SGX_WHEN_EENTER, 100, 0), -ENOSPC);
	assert_true(sgx_injection_any(m.shared));
	assert_null(sgx_injection_at(m.shared, SGX_MAX_INJECTIONS));
	sgx_injection_retire(sgx_injection_at(m.shared, 7));
	sgx_injection_at(m.shared, 7)->n = 1;
	assert_int_equal(next(SGX_WHEN_EENTER), 0);
	assert_int_equal(add(SGX_WHEN_EENTER, 2, 0), 7);
	assert_int_equal(next(SGX_WHEN_EENTER), 1 << 7);
}

/* sgx_evict(): pages are evicted on request, and loaded when needed. */
static void evicted_by_order(void **state)
{
	uint64_t before = m.shared->epc_free_pages, end = PAGE(64), pa;

	(void)state;
	assert_int_equal(map_fixed(PAGE(1), 4096, R), PAGE(1));
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(1), PAGE(2)), 1);
	assert_int_equal(m.shared->epc_free_pages, before + 1);
	assert_false(sgx_page_present(page_at(PAGE(1))));
	assert_true(sgx_page_present(page_at(PAGE(2))));
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(1), PAGE(2)), 0);
	/* the other pages; the SECS is evicted with the last one */
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(0), end), 6);
	assert_int_equal(m.shared->epc_free_pages, before + 8);
	/* an access loads it */
	m.lp.fault.address = PAGE(1);
	assert_int_equal(sgx_walk(&m.lp, PAGE(1), 0, &pa), -1);
	assert_int_equal(machine_model_fault(&(struct ksignal){ 0 }),
			 FAULT_RETRY);
	assert_int_equal(sgx_walk(&m.lp, PAGE(1), 0, &pa), 0);
	assert_int_equal(m.shared->epc_free_pages, before + 6);
}

#define FRESH(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(counted_without_any_rule),
		FRESH(due_at_its_number_and_only_there),
		FRESH(times_are_none_of_its),
		FRESH(chance),
		FRESH(places_are_used_again),
		FRESH(evicted_by_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
