/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_REMOVE_PAGES. */
#include "kernel/encl.h"
#include "cpu/epcm.h"
#include "tests/conform/conform.h"
#include "sgx2.h"

#define REQUEST SGX_IOC_ENCLAVE_REMOVE_PAGES

static void trim(uint64_t offset, uint64_t length)
{
	check_answer(modify_pages(offset, length, PT_TRIM), 0, 0, length);
	for (uint64_t i = 0; i < length; i += 4096)
		assert_int_equal(accept_page(ENCL_BASE + offset + i, 0x410), 0);
}

static void removes(void **state)
{
	uint64_t free = m.shared->epc_free_pages, discarded = m.discarded;
	uint64_t pages = m.encl->page_cnt;

	(void)state;
	trim(0x5000, 0x2000);
	check_answer(remove_pages(0x5000, 0x2000), 0, 0, 0x2000);
	assert_int_equal(m.shared->epc_free_pages, free + 2);
	assert_int_equal(m.discarded, discarded + 0x2000);
	assert_int_equal(m.encl->page_cnt, pages - 2);
	assert_int_equal(epcm_at(PAGE(5))->valid, 0);
}

/* The address is free: a new page comes at the next touch. */
static void the_place_can_be_used_again(void **state)
{
	(void)state;
	write_byte(PAGE(5), 99);
	trim(0x5000, 4096);
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x20b), 0);
	assert_int_equal(read_byte(PAGE(5)), 0);
	write_byte(PAGE(5), 3);
}

static void not_trimmed_is_eperm_with_count(void **state)
{
	(void)state;
	check_answer(remove_pages(0x2000, 4096), -EPERM, 0, 0);
	trim(0x5000, 4096);
	check_answer(remove_pages(0x5000, 0x2000), -EPERM, 0, 0x1000);
}

static void not_accepted_is_eperm(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	check_answer(remove_pages(0x5000, 4096), -EPERM, 0, 0);
	assert_int_equal(epcm_at(PAGE(5))->valid, 1);
	/* Not even if nobody is inside, and EREMOVE would do it. */
	exit_by_leaf(&m.lp);
	check_answer(remove_pages(0x5000, 4096), -EPERM, 0, 0);
	assert_int_equal(epcm_at(PAGE(5))->valid, 1);
}

static void page_in_use_by_a_leaf_is_eperm(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x410), 0);
	assert_true(epcm_trylock_shared(epcm_at(PAGE(5))));
	check_answer(remove_pages(0x5000, 4096), -EPERM, 0, 0);
	epcm_unlock_shared(epcm_at(PAGE(5)));
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
}

static void missing_page_is_efault(void **state)
{
	(void)state;
	check_answer(remove_pages(0x8000, 4096), -EFAULT, 0, 0);
}

static void uninitialised_is_einval(void **state)
{
	(void)state;
	m.encl->flags &= ~SGX_ENCL_INITIALIZED;
	assert_int_equal(ioctl_raw(REQUEST, 0), -EINVAL);
}

static void bad_pointer_is_efault(void **state)
{
	(void)state;
	assert_int_equal(ioctl_raw(REQUEST, 8), -EFAULT);
}

static void range_must_be_pages_of_the_enclave(void **state)
{
	(void)state;
	check_answer(remove_pages(1, 4096), -EINVAL, 0, 0);
	check_answer(remove_pages(0x2000, 0), -EINVAL, 0, 0);
	check_answer(remove_pages(ENCL_SIZE - 4096, 0x2000), -EINVAL, 0, 0);
}

static int refuse_to_write(uint64_t to, const void *from, size_t n)
{
	(void)to;
	(void)from;
	(void)n;
	return -EFAULT;
}

static void answer_that_cannot_be_written_is_efault(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x410), 0);
	m.host.copy_to_user = refuse_to_write;
	assert_int_equal(remove_pages(0x5000, 4096).ret, -EFAULT);
	assert_int_equal(epcm_at(PAGE(5))->valid, 0);
}

static void count_must_be_zero_before(void **state)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = 0x2000, .length = 4096, .count = 4096,
	};

	(void)state;
	user_write(ARG, &arg, sizeof(arg));
	assert_int_equal(ioctl_raw(REQUEST, ARG), -EINVAL);
}

static void page_that_does_not_get_out_is_ebusy(void **state)
{
	(void)state;
	page_at(PAGE(2))->flags |= SGX_PAGE_BEING_RECLAIMED;
	m.shared->reclaim_lock = 1;
	check_answer(remove_pages(0x2000, 4096), -EBUSY, 0, 0);
}

static void evicted_page_can_be_removed(void **state)
{
	(void)state;
	trim(0x5000, 4096);
	exit_by_leaf(&m.lp);
	evict(PAGE(5));
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	assert_int_equal(page_at(PAGE(5))->added, 0);
}

/* The probe faults as for an accepted page: Linux cannot tell either. */
static void lost_epc_removes_what_was_trimmed(void **state)
{
	uint64_t enclaves, pages;

	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	exit_by_leaf(&m.lp);
	sgx_invalidate_all(&m.mm, &enclaves, &pages);
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	check_answer(remove_pages(0x2000, 4096), -EPERM, 0, 0);
}

#define INSIDE(f)                                                     \
	cmocka_unit_test_setup_teardown(f, machine_setup_sgx2_inside, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_REMOVE_PAGES",
		"sgx/ioctl.c sgx_ioc_enclave_remove_pages()"),
	ROW("not initialized", "EINVAL", INSIDE(uninitialised_is_einval)),
	ROW("the argument cannot be read", "EFAULT",
	    INSIDE(bad_pointer_is_efault)),
	ROW("offset, length: not page aligned, 0, beyond the enclave",
	    "EINVAL", INSIDE(range_must_be_pages_of_the_enclave)),
	ROW("count is not 0", "EINVAL", INSIDE(count_must_be_zero_before)),
	CITE("sgx/ioctl.c sgx_encl_remove_pages()"),
	ROW("there is no page", "EFAULT, count",
	    INSIDE(missing_page_is_efault)),
	DEVIATES("DK15", "the page is on its way out", "waits, then EBUSY",
		 INSIDE(page_that_does_not_get_out_is_ebusy)),
	ROW("the page is not TRIM", "EPERM, count",
	    INSIDE(not_trimmed_is_eperm_with_count)),
	ROW("the page is TRIM, and not accepted", "EPERM",
	    INSIDE(not_accepted_is_eperm)),
	ROW("EREMOVE faults", "EPERM", INSIDE(page_in_use_by_a_leaf_is_eperm)),
	ROW("the answer cannot be written", "EFAULT",
	    INSIDE(answer_that_cannot_be_written_is_efault)),
	ROW("none of these", "0; the page is gone", INSIDE(removes),
	    INSIDE(the_place_can_be_used_again),
	    INSIDE(evicted_page_can_be_removed)),
	ROW("the EPC was lost", "0 for what was TRIM",
	    INSIDE(lost_epc_removes_what_was_trimmed)),
};

CONFORM_MAIN(rows, NULL)
