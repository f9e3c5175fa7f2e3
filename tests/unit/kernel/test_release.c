/* SPDX-License-Identifier: BSD-3-Clause */
/* sgx_encl_release() leaves nothing of an enclave. */
#include "cpu/epcm.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "fixture.h"
#include "kernel/platform/lock.h"
#include "tests/conform/conform.h"

static bool epc_is_empty(uint64_t base)
{
	for (uint64_t pa = base - 4096; pa < base + ENCL_SIZE; pa += 4096) {
		if (epcm_of(&m.mm.cpu, pa)->valid ||
		    m.mm.pages[pa >> SGX_PAGE_SHIFT].added)
			return false;
	}
	return true;
}

static void check_gone(uint64_t base)
{
	assert_int_equal(m.encl->kind, SGX_FILE_NONE);
	assert_int_equal(m.shared->epc_free_pages, m.shared->epc_total_pages);
	assert_null(sgx_encl_of_token(m.shared, 1000));
	if (base)
		assert_true(epc_is_empty(base));
	assert_int_equal(m.mm.chunks[base >> 21], 0);
	assert_int_equal(m.mm.regions[base >> 30], 0);
}

static void everything_is_given_back(void **state)
{
	uint64_t base = m.encl->epc_base;

	(void)state;
	assert_false(epc_is_empty(base));
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
	/* Only the memory is kept, for the next enclave. */
	assert_int_equal(m.discarded, 0);
}

/* No more memory is kept than the EPC's size. */
static void memory_beyond_the_epc_goes_to_the_host(void **state)
{
	uint64_t base = m.encl->epc_base;
	uint64_t gone = m.shared->epc_total_pages - 16;

	(void)state;
	m.shared->epc_total_pages -= gone;
	m.shared->epc_free_pages -= gone;
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
	assert_int_equal(m.discarded, base + 0x200000 - 0x10000);
	assert_true(mem_is_zero(epc_ptr(&m.mm.cpu, base), ENCL_SIZE));
}

/* A large EPC costs no memory while it is not used. */
static void memory_of_a_large_epc_too(void **state)
{
	struct sgx_secs s = standard_secs();
	uint64_t base;

	(void)state;
	machine_set_epc_pages(1ull << 20);
	s.baseaddr = 0;
	s.size = 1ull << 30;
	assert_int_equal(create_with(&s), 0);
	base = m.encl->epc_base;
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(m.discarded, base + (1ull << 30) - (128ull << 20));
}

static void half_built_enclave_too(void **state)
{
	uint64_t base = m.encl->epc_base;

	(void)state;
	assert_int_equal(add_pages(0x5000, 0x3000, SECINFO_REG(R), 0, NULL), 0);
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
}

static void empty_enclave_too(void **state)
{
	(void)state;
	sgx_encl_release(&m.mm, m.encl);
	check_gone(0);
	assert_int_equal(m.discarded, 0);
}

/* The server must not wait for a process that uses the pages, or died at it. */
static void locked_enclave_is_left_or_taken(void **state)
{
	uint64_t base = m.encl->epc_base;
	struct sgx_ticket ticket = hold_lock(&m.encl->lock, 7, 70);

	(void)state;
	assert_false(sgx_encl_try_release(&m.mm, m.encl));
	assert_int_equal(m.encl->kind, SGX_FILE_ENCLAVE);
	assert_false(epc_is_empty(base));
	sgx_exit(&m.mm, 7);
	assert_true(sgx_encl_try_release(&m.mm, m.encl));
	check_gone(base);
	assert_false(sgx_unlock(&m.encl->lock, ticket));
}

static void thread_killed_inside_does_not_keep_it(void **state)
{
	uint64_t base = m.encl->epc_base;
	struct lp lp;

	(void)state;
	/* The table still has a thread that never leaves. */
	bystander_enters(&lp);
	assert_true(secs_active(&m.mm.cpu, m.encl->secs_pa));
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
	assert_int_equal(lp.processor->who, 0);
}

/* The thread has left this enclave, and keeps its place for the next. */
static void thread_that_enters_another_keeps_its_place(void **state)
{
	struct lp lp;

	(void)state;
	bystander_enters(&lp);
	processor_offline(&lp);
	processor_online(&lp);
	sgx_encl_release(&m.mm, m.encl);
	assert_int_not_equal(lp.processor->who, 0);
}

static void entry_locked_by_the_dead_is_freed(void **state)
{
	uint64_t base = m.encl->epc_base;

	(void)state;
	epcm_of(&m.mm.cpu, base + 0x2000)->lock = EPCM_LOCK_EXCLUSIVE;
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
	assert_int_equal(epcm_of(&m.mm.cpu, base + 0x2000)->lock, 0);
}

static void lost_epc_is_released_as_well(void **state)
{
	uint64_t base = m.encl->epc_base;

	(void)state;
	for (uint64_t pa = base - 4096; pa < base + ENCL_SIZE; pa += 4096)
		epcm_of(&m.mm.cpu, pa)->valid = 0;
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
}

static void single_lost_page_does_not_keep_the_secs(void **state)
{
	uint64_t base = m.encl->epc_base;

	(void)state;
	epcm_of(&m.mm.cpu, base + 0x2000)->valid = 0;
	sgx_encl_release(&m.mm, m.encl);
	check_gone(base);
}

static void slot_and_space_serve_again(void **state)
{
	uint64_t base = m.encl->epc_base;

	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000), 0);
	assert_int_equal(create(), 0);
	assert_int_equal(m.encl->epc_base, base);
	(void)state;
	standard_pages();
	assert_int_equal(init_with(NULL), 0);
}

/* A half-made page does not belong to the enclave yet. */
static void entry_locked_in_the_making_serves_again(void **state)
{
	uint64_t page = m.encl->epc_base + 0x5000;

	(void)state;
	epcm_of(&m.mm.cpu, page)->lock = EPCM_LOCK_EXCLUSIVE;
	sgx_encl_release(&m.mm, m.encl);
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 1000), 0);
	assert_int_equal(create(), 0);
	assert_int_equal(m.encl->epc_base + 0x5000, page);
	assert_int_equal(add_pages(0x5000, 0x1000, SECINFO_REG(R), 0, NULL), 0);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)
#define ON_CREATED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_created, \
					machine_teardown)
#define ON_INITIALIZED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("the last descriptor and mapping are gone",
		"sgx/encl.c sgx_encl_release()"),
	ROW("an enclave in any state", "all pages are free",
	    ON_INITIALIZED(everything_is_given_back),
	    ON_INITIALIZED(memory_beyond_the_epc_goes_to_the_host),
	    ON_OPEN(memory_of_a_large_epc_too),
	    ON_CREATED(half_built_enclave_too), ON_OPEN(empty_enclave_too),
	    ON_INITIALIZED(slot_and_space_serve_again)),
	ROW("a thread was killed inside", "the same",
	    ON_INITIALIZED(thread_killed_inside_does_not_keep_it),
	    ON_INITIALIZED(thread_that_enters_another_keeps_its_place),
	    ON_INITIALIZED(entry_locked_by_the_dead_is_freed),
	    ON_CREATED(entry_locked_in_the_making_serves_again),
	    ON_INITIALIZED(locked_enclave_is_left_or_taken)),
	ROW("the EPC was lost", "the same",
	    ON_INITIALIZED(lost_epc_is_released_as_well)),
	DEVIATES("DK1", "a single page was lost", "the SECS is freed",
		 ON_INITIALIZED(single_lost_page_does_not_keep_the_secs)),
};

CONFORM_MAIN(rows, NULL)
