/* SPDX-License-Identifier: BSD-3-Clause */
/* kernel/fault/walk.c by itself: what it says of a page, whoever asks. */
#include "fixture.h"

#include "cpu/xsave.h"
#include "kernel/fault/internal.h"
#include "kernel/mm/encl_page.h"
#include "kernel/mm/view.h"

#define KEY     2u
#define PKRU_AT 576u /* behind the header of the XSAVE area */

static uint8_t xsave[PKRU_AT + 8];

static void set_pkru(uint32_t pkru)
{
	uint64_t bv = XFEATURE_PKRU;

	m.shared->package.xfeature[XFEATURE_NR_PKRU].offset = PKRU_AT;
	m.shared->package.xfeature[XFEATURE_NR_PKRU].size = 8;
	memcpy(xsave + 512, &bv, sizeof(bv));
	memcpy(xsave + PKRU_AT, &pkru, sizeof(pkru));
	m.lp.xsave = xsave;
	m.lp.xsave_size = sizeof(xsave);
	m.lp.xsave_features = 3 | XFEATURE_PKRU;
}

static void the_copy_is_of_the_mapping_at_the_address(void **state)
{
	struct sgx_vma vma;

	(void)state;
	assert_int_equal(map_fixed(PAGE(2), 4096, R), PAGE(2));
	assert_int_equal(map_fixed(PAGE(3), 4096, RW), PAGE(3));
	assert_false(fault_find_vma(&m.mm, PAGE(2) - 1, &vma));
	assert_true(fault_find_vma(&m.mm, PAGE(2), &vma));
	assert_int_equal(vma.prot, R);
	assert_true(fault_find_vma(&m.mm, PAGE(3) + 4095, &vma));
	assert_int_equal(vma.start, PAGE(3));
	assert_int_equal(vma.prot, RW);
	assert_false(fault_find_vma(&m.mm, PAGE(4), &vma));
	assert_false(sgx_lock_is_held(&m.mm.lock));
}

/* Two bits a key: no access, no writes.  A fetch asks neither. */
static void keys_deny_reads_and_writes(void **state)
{
	const struct {
		uint32_t pkru;
		bool read, write;
	} rows[] = {
		{ 0, false, false },
		{ 1u << 2 * KEY, true, true },
		{ 2u << 2 * KEY, false, true },
		{ 3u << 2 * KEY, true, true },
		{ ~(3u << 2 * KEY), false, false },
	};
	const struct sgx_vma vma = { .pkey = KEY };

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_pkru(rows[i].pkru);
		assert_int_equal(fault_key_denies(&m.lp, &vma, 0),
				 rows[i].read);
		assert_int_equal(fault_key_denies(&m.lp, &vma, PF_WRITE),
				 rows[i].write);
		assert_false(fault_key_denies(&m.lp, &vma, PF_INSTR));
	}
}

static uint32_t present(uint64_t addr, uint32_t hw_code)
{
	struct sgx_vma vma;

	assert_true(fault_find_vma(&m.mm, addr, &vma));
	return fault_present(&m.mm, &vma, hw_code, addr);
}

static void present_is_what_the_host_says(void **state)
{
	(void)state;
	assert_int_equal(map_fixed(PAGE(2), 4096, RW), PAGE(2));
	assert_int_equal(present(PAGE(2), PF_PROT | PF_WRITE), PF_PROT);
	assert_int_equal(present(PAGE(2), PF_WRITE), 0);
}

/* Without a PTE the host is not believed. */
static void no_pte_is_not_present(void **state)
{
	struct sgx_encl_page *page = page_at(PAGE(2));

	(void)state;
	assert_int_equal(map_fixed(PAGE(7), 4096, RW), PAGE(7));
	assert_int_equal(present(PAGE(7), PF_PROT), 0); /* no page */
	assert_int_equal(map_fixed(PAGE(2), 4096, RW), PAGE(2));
	page->flags = SGX_PAGE_EVICTED | SGX_PAGE_YOUNG;
	assert_int_equal(present(PAGE(2), PF_PROT), 0);
	page->flags = SGX_PAGE_BEING_RECLAIMED;
	assert_int_equal(present(PAGE(2), PF_PROT), 0);
	page->flags = 0;
	assert_int_equal(map_fixed(PAGE(2), 4096, PROT_NONE), PAGE(2));
	assert_int_equal(present(PAGE(2), PF_PROT), 0);
}

/* Where nobody may do anything: the page counts as touched if it is young. */
static void present_where_the_epcm_allows_nothing(void **state)
{
	struct sgx_encl_page *page = page_at(PAGE(0));

	(void)state;
	assert_int_equal(map_fixed(PAGE(0), 4096, RW), PAGE(0));
	page->flags = 0;
	assert_int_equal(present(PAGE(0), PF_PROT), 0);
	page->flags = SGX_PAGE_YOUNG;
	assert_int_equal(present(PAGE(0), 0), PF_PROT);
}

static void present_in_a_view_that_hides(void **state)
{
	struct sgx_encl_page *page = page_at(PAGE(2));

	(void)state;
	sgx_view_init(&m.mm, SGX_VIEW_HIDDEN, 0);
	assert_int_equal(map_fixed(PAGE(2), 4096, RW), PAGE(2));
	page->flags = 0;
	assert_int_equal(present(PAGE(2), PF_PROT), 0);
	page->flags = SGX_PAGE_YOUNG;
	assert_int_equal(present(PAGE(2), 0), PF_PROT);
}

static void a_walk_marks_the_page_as_used(void **state)
{
	uint64_t pa;

	(void)state;
	assert_int_equal(map_fixed(PAGE(2), 4096, R), PAGE(2));
	page_at(PAGE(2))->flags = 0;
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), PF_WRITE, &pa), -1);
	assert_int_equal(page_at(PAGE(2))->flags, 0);
	assert_int_equal(sgx_walk(&m.lp, PAGE(2), 0, &pa), 0);
	assert_int_equal(page_at(PAGE(2))->flags, SGX_PAGE_YOUNG);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_copy_is_of_the_mapping_at_the_address),
		TEST(keys_deny_reads_and_writes),
		TEST(present_is_what_the_host_says),
		TEST(no_pte_is_not_present),
		TEST(present_where_the_epcm_allows_nothing),
		TEST(present_in_a_view_that_hides),
		TEST(a_walk_marks_the_page_as_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
