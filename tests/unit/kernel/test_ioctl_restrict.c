/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS. */
#include "kernel/sgx/encl.h"

#include "tests/unit/kernel/sgx2_ioctl.h"

const uint32_t request = SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS;

struct answer change(uint64_t offset, uint64_t length)
{
	return restrict_pages(offset, length, R);
}

static void restricts(void **state)
{
	(void)state;
	check_answer(restrict_pages(0x2000, 0x2000, R), 0, 0, 0x2000);
	assert_int_equal(epcm_at(PAGE(2))->w, 0);
	assert_int_equal(epcm_at(PAGE(2))->pr, 1);
	assert_int_equal(epcm_at(PAGE(3))->w, 0);
	assert_int_equal(epcm_at(PAGE(5))->w, 1);
	/* The kernel's own limit stays as it was. */
	assert_int_equal(page_at(PAGE(2))->vm_max_prot, RW);
}

static void more_than_there_was_is_ignored(void **state)
{
	(void)state;
	check_answer(restrict_pages(0x1000, 4096, RWX), 0, 0, 4096);
	assert_int_equal(epcm_at(PAGE(1))->r, 1);
	assert_int_equal(epcm_at(PAGE(1))->w, 0);
	assert_int_equal(epcm_at(PAGE(1))->x, 0);
}

/* The real mapping is restricted at once, also with the thread outside. */
static void real_mapping_follows(void **state)
{
	(void)state;
	write_byte(PAGE(5), 1);
	assert_int_equal(real_page(PAGE(5))->prot, RWX);
	exit_by_leaf(&m.lp);
	check_answer(restrict_pages(0x5000, 4096, R), 0, 0, 4096);
	assert_int_equal(real_page(PAGE(5))->prot, R);
}

static void write_afterwards_is_8007(void **state)
{
	const struct ksignal *signal;

	(void)state;
	check_answer(restrict_pages(0x2000, 4096, R), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(2), 0x221), 0);
	signal = access_signal(PAGE(2), PF_WRITE);
	assert_non_null(signal);
	assert_int_equal(signal->error_code, 0x8007);
	assert_int_equal(signal->addr, PAGE(2));
	/* EMODPE extends it again, without the kernel. */
	extend_page(PAGE(2), RW);
	assert_null(access_signal(PAGE(2), PF_WRITE));
}

static void thread_inside_is_interrupted(void **state)
{
	unsigned before = m.ipis;

	(void)state;
	check_answer(restrict_pages(0x1000, 0x2000, R), 0, 0, 0x2000);
	/* Pages are restricted one by one. */
	assert_int_equal(m.ipis, before + 2);
	assert_int_equal(accept_page(PAGE(2), 0x221), 0);
}

static void no_interrupt_if_nobody_is_inside(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	m.ipis = 0;
	check_answer(restrict_pages(0x2000, 4096, R), 0, 0, 4096);
	assert_int_equal(m.ipis, 0);
}

static void thread_that_does_not_leave_fails_etrack(void **state)
{
	struct lp other;

	(void)state;
	bystander_enters(&other);
	m.ignores_ipi = true;
	/* The first tracking cycle begins, and does not end. */
	check_answer(restrict_pages(0x2000, 4096, R), -EFAULT, 0, 0);
	assert_int_equal(accept_page(PAGE(2), 0x221), SGX_NOT_TRACKED);
	check_answer(restrict_pages(0x3000, 4096, R), -EFAULT, 0, 0);
}

static void bad_permissions_are_einval(void **state)
{
	(void)state;
	check_answer(restrict_pages(0x2000, 4096, 8), -EINVAL, 0, 0);
	check_answer(restrict_pages(0x2000, 4096, W), -EINVAL, 0, 0);
	check_answer(restrict_pages(0x2000, 4096, W | X), -EINVAL, 0, 0);
}

static void results_must_be_zero_before(void **state)
{
	(void)state;
	check_results_zero(request, R);
}

static void tcs_is_einval_with_count(void **state)
{
	(void)state;
	check_answer(restrict_pages(0, 4096, R), -EINVAL, 0, 0);
	modify_pages(0x3000, 4096, PT_TCS);
	check_answer(restrict_pages(0x2000, 0x2000, R), -EINVAL, 0, 0x1000);
}

static void missing_page_is_efault_with_count(void **state)
{
	(void)state;
	check_answer(restrict_pages(0x6000, 0x2000, 0), -EFAULT, 0, 0x1000);
}

static void pending_page_gives_the_leafs_code(void **state)
{
	(void)state;
	assert_non_null(access_signal(PAGE(8), PF_WRITE));
	check_answer(restrict_pages(0x8000, 4096, R), -EFAULT,
		     SGX_PAGE_NOT_MODIFIABLE, 0);
}

static void lost_epc_is_efault_without_code(void **state)
{
	(void)state;
	lose_epc();
	check_answer(restrict_pages(0x2000, 4096, R), -EFAULT, 0, 0);
}

static void answer_that_cannot_be_written_is_efault(void **state)
{
	(void)state;
	refuse_answers();
	assert_int_equal(restrict_pages(0x2000, 4096, R).ret, -EFAULT);
	assert_int_equal(epcm_at(PAGE(2))->w, 0);
}

static void evicted_page_is_loaded(void **state)
{
	(void)state;
	write_byte(PAGE(2), 77);
	exit_by_leaf(&m.lp);
	evict(PAGE(2));
	check_answer(restrict_pages(0x2000, 4096, R), 0, 0, 4096);
	assert_int_equal(epcm_at(PAGE(2))->w, 0);
	assert_int_equal(*epc_at(PAGE(2)), 77);
}

static void page_that_does_not_get_out_is_eagain(void **state)
{
	(void)state;
	page_at(PAGE(3))->flags |= SGX_PAGE_BEING_RECLAIMED;
	/* The thread inside need not leave at once. */
	m.ignores_ipi = true;
	m.shared->reclaim_patience = 1;
	check_answer(restrict_pages(0x3000, 4096, R), -EAGAIN, 0, 0);
}

static void full_epc_is_efault(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	evict(PAGE(2));
	m.shared->epc_free_pages = 0;
	for (unsigned i = 0; i < 7; i++)
		page_at(PAGE(i))->added = i == 2;
	check_answer(restrict_pages(0x2000, 4096, R), -EFAULT, 0, 0);
}

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS",
		"sgx/ioctl.c sgx_ioc_enclave_restrict_permissions()"),
	SGX2_IOCTL_ROWS,
	ROW("permissions: unknown bits, W without R", "EINVAL",
	    INSIDE(bad_permissions_are_einval)),
	ROW("result or count is not 0", "EINVAL",
	    INSIDE(results_must_be_zero_before)),
	CITE("sgx/ioctl.c sgx_enclave_restrict_permissions()"),
	ROW("there is no page", "EFAULT, count",
	    INSIDE(missing_page_is_efault_with_count)),
	DEVIATES("DK15", "the page is on its way out", "waits, then EAGAIN",
		 INSIDE(page_that_does_not_get_out_is_eagain)),
	ROW("the page was evicted", "it is loaded",
	    INSIDE(evicted_page_is_loaded)),
	ROW("it was, and there is no room to load it", "EFAULT",
	    INSIDE(full_epc_is_efault)),
	ROW("the page is not REG", "EINVAL, count",
	    INSIDE(tcs_is_einval_with_count)),
	ROW("EMODPR faults", "EFAULT, result 0",
	    INSIDE(lost_epc_is_efault_without_code)),
	ROW("EMODPR gives a code", "EFAULT, result is the code",
	    INSIDE(pending_page_gives_the_leafs_code)),
	ROW("ETRACK fails, even after an IPI", "EFAULT",
	    INSIDE(thread_that_does_not_leave_fails_etrack)),
	ROW("the answer cannot be written", "EFAULT",
	    INSIDE(answer_that_cannot_be_written_is_efault)),
	ROW("more permissions than there were", "nothing, 0",
	    INSIDE(more_than_there_was_is_ignored)),
	ROW("none of these", "0; all threads inside are interrupted",
	    INSIDE(restricts), INSIDE(real_mapping_follows),
	    INSIDE(write_afterwards_is_8007),
	    INSIDE(thread_inside_is_interrupted),
	    INSIDE(no_interrupt_if_nobody_is_inside)),
};

CONFORM_MAIN(rows, NULL)
