/* SPDX-License-Identifier: BSD-3-Clause */
/* Changing real mappings when the host has no more mappings to give. */
#include "fixture.h"

#include "kernel/sgx/encl.h"

/* The host's answer to each request in turn; 0 after that. */
static int answers[3];
static unsigned asked;

static int scripted(uint64_t start, uint64_t len, int prot, int pkey,
		    uint64_t pa)
{
	int ret = asked < 3 ? answers[asked] : 0;

	(void)pkey;
	(void)pa;
	asked++;
	for (uint64_t addr = start; !ret && addr < start + len;
	     addr += SGX_PAGE_SIZE)
		real_page(addr)->prot = prot;
	return ret;
}

/* Pages 2 and 3 are one mapping; the host will give these answers. */
static void host_says(int first, int second, int third)
{
	map_fixed(PAGE(2), 2 * SGX_PAGE_SIZE, RW);
	answers[0] = first;
	answers[1] = second;
	answers[2] = third;
	asked = 0;
	m.host.protect = scripted;
}

static void all_goes_and_the_page_comes_back(void **state)
{
	(void)state;
	host_says(-ENOMEM, 0, 0);
	epcm_at(PAGE(3))->w = 0;
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), 0);
	assert_int_equal(asked, 3);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(3))->prot, PROT_NONE);
}

/* Otherwise a page would keep more access than it may have. */
static void not_even_that_is_an_error(void **state)
{
	(void)state;
	host_says(-ENOMEM, -ENOMEM, 0);
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), -ENOMEM);
	assert_int_equal(asked, 2);
}

static void other_errors_are_told(void **state)
{
	(void)state;
	host_says(-EINVAL, 0, 0);
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), -EINVAL);
	assert_int_equal(asked, 1);
}

/* A request for no access succeeds if all access has been removed. */
static void no_access_needs_no_mapping_of_its_own(void **state)
{
	(void)state;
	host_says(-ENOMEM, 0, -ENOMEM);
	epcm_at(PAGE(2))->valid = 0;
	assert_int_equal(sgx_protect_range(&m.mm, sgx_find_vma(&m.mm, PAGE(2)),
					   PAGE(2), PAGE(3)),
			 0);
	assert_int_equal(asked, 2);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(3))->prot, PROT_NONE);
}

#define ON_INITIALIZED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_INITIALIZED(all_goes_and_the_page_comes_back),
		ON_INITIALIZED(not_even_that_is_an_error),
		ON_INITIALIZED(other_errors_are_told),
		ON_INITIALIZED(no_access_needs_no_mapping_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
