/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_REMOVE_PAGES. */
#include "cpu/epcm.h"
#include "kernel/sgx/encl.h"

#include "tests/unit/kernel/sgx2_ioctl.h"

const uint32_t request = SGX_IOC_ENCLAVE_REMOVE_PAGES;

struct answer change(uint64_t offset, uint64_t length)
{
	return remove_pages(offset, length);
}

static void trim(uint64_t offset, uint64_t length)
{
	check_answer(modify_pages(offset, length, PT_TRIM), 0, 0, length);
	for (uint64_t i = 0; i < length; i += 4096)
		assert_int_equal(accept_page(ENCL_BASE + offset + i, 0x410), 0);
}

static void removes(void **state)
{
	uint64_t free = m.shared->epc_free_pages;
	uint64_t pages = m.encl->page_cnt;

	(void)state;
	trim(0x5000, 0x2000);
	check_answer(remove_pages(0x5000, 0x2000), 0, 0, 0x2000);
	assert_int_equal(m.shared->epc_free_pages, free + 2);
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

/* EAUG and EACCEPT; each has its number in it. */
static void add_pages_8_to_11(void)
{
	for (unsigned i = 8; i < 12; i++) {
		assert_int_equal(accept_page(PAGE(i), 0x20b), 0);
		write_byte(PAGE(i), (uint8_t)i);
	}
}

/* Its memory, and no other page's, resident or not. */
static void its_memory_goes_back(void **state)
{
	uint64_t discarded = m.discarded;

	(void)state;
	add_pages_8_to_11();
	evict(PAGE(10));
	trim(0x9000, 4096);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded);
	check_answer(remove_pages(0x9000, 4096), 0, 0, 4096);
	assert_int_equal(epc_at(PAGE(9))[0], 9);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded + 4096);
	assert_true(mem_is_zero(epc_at(PAGE(9)), SGX_PAGE_SIZE));
	assert_int_equal(read_byte(PAGE(8)), 8);
	assert_int_equal(read_byte(PAGE(10)), 10);
	assert_int_equal(read_byte(PAGE(11)), 11);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded + 4096);
}

/* Pages between two that were removed stay, and a new one does. */
static void gaps_go_back_and_new_pages_stay(void **state)
{
	uint64_t discarded = m.discarded;

	(void)state;
	add_pages_8_to_11();
	trim(0xb000, 4096);
	check_answer(remove_pages(0xb000, 4096), 0, 0, 4096);
	trim(0x8000, 4096);
	check_answer(remove_pages(0x8000, 4096), 0, 0, 4096);
	trim(0xa000, 4096);
	check_answer(remove_pages(0xa000, 4096), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(10), 0x20b), 0);
	write_byte(PAGE(10), 20);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded + 0x2000);
	assert_true(mem_is_zero(epc_at(PAGE(8)), SGX_PAGE_SIZE));
	assert_true(mem_is_zero(epc_at(PAGE(11)), SGX_PAGE_SIZE));
	assert_int_equal(read_byte(PAGE(9)), 9);
	assert_int_equal(read_byte(PAGE(10)), 20);
}

/* Its slot, and its space, may be another's by now. */
static void nothing_of_an_enclave_that_has_gone(void **state)
{
	uint64_t discarded;

	(void)state;
	trim(0x5000, 4096);
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	exit_by_leaf(&m.lp);
	sgx_encl_release(&m.mm, m.encl);
	discarded = m.discarded;
	assert_true(m.encl->removed.start < m.encl->removed.end);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded);
}

/* Who holds the lock is at work on the enclave: later, then. */
static void nobody_waits_to_give_back(void **state)
{
	uint64_t discarded = m.discarded;
	struct sgx_ticket ticket;

	(void)state;
	trim(0x5000, 4096);
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	ticket = sgx_lock(&m.encl->lock);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded);
	sgx_unlock(&m.encl->lock, ticket);
	sgx_give_back(&m.mm);
	assert_int_equal(m.discarded, discarded + 4096);
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
	/* Likewise if no thread is inside, though EREMOVE would do it. */
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

static void answer_that_cannot_be_written_is_efault(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x410), 0);
	refuse_answers();
	assert_int_equal(remove_pages(0x5000, 4096).ret, -EFAULT);
	assert_int_equal(epcm_at(PAGE(5))->valid, 0);
}

static void count_must_be_zero_before(void **state)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = 0x2000,
		.length = 4096,
		.count = 4096,
	};

	(void)state;
	user_write(ARG, &arg, sizeof(arg));
	assert_int_equal(ioctl_raw(request, ARG), -EINVAL);
}

static void page_that_does_not_get_out_is_ebusy(void **state)
{
	(void)state;
	page_at(PAGE(3))->flags |= SGX_PAGE_BEING_RECLAIMED;
	/* The thread inside need not leave at once. */
	m.ignores_ipi = true;
	m.shared->reclaim_patience = 1;
	check_answer(remove_pages(0x3000, 4096), -EBUSY, 0, 0);
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

/* The probe faults as for an accepted page: Linux sees no difference. */
static void lost_epc_removes_what_was_trimmed(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	lose_epc();
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	check_answer(remove_pages(0x2000, 4096), -EPERM, 0, 0);
}

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_REMOVE_PAGES",
		"sgx/ioctl.c sgx_ioc_enclave_remove_pages()"),
	SGX2_IOCTL_ROWS,
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
	TESTS(INSIDE(its_memory_goes_back),
	      INSIDE(gaps_go_back_and_new_pages_stay),
	      INSIDE(nobody_waits_to_give_back),
	      INSIDE(nothing_of_an_enclave_that_has_gone)),
	ROW("the EPC was lost", "0 for what was TRIM",
	    INSIDE(lost_epc_removes_what_was_trimmed)),
};

CONFORM_MAIN(rows, NULL)
