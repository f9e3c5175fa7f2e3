/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_MODIFY_TYPES. */
#include <signal.h>

#include "tests/unit/kernel/sgx2_ioctl.h"

const uint32_t request = SGX_IOC_ENCLAVE_MODIFY_TYPES;

struct answer change(uint64_t offset, uint64_t length)
{
	return modify_pages(offset, length, PT_TRIM);
}

static void trims(void **state)
{
	(void)state;
	check_answer(modify_pages(0x2000, 0x2000, PT_TRIM), 0, 0, 0x2000);
	assert_int_equal(epcm_at(PAGE(2))->pt, PT_TRIM);
	assert_int_equal(epcm_at(PAGE(2))->modified, 1);
	assert_int_equal(page_at(PAGE(2))->type, PT_TRIM);
	/* The limit for mappings is as before. */
	assert_int_equal(page_at(PAGE(2))->vm_max_prot, RW);
}

static void trims_a_tcs(void **state)
{
	(void)state;
	exit_by_leaf(&m.lp);
	check_answer(modify_pages(0, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(epcm_at(PAGE(0))->pt, PT_TRIM);
}

static void trimmed_page_is_8005_before_and_after_eaccept(void **state)
{
	const struct ksignal *signal;

	(void)state;
	write_byte(PAGE(2), 1);
	check_answer(modify_pages(0x2000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	signal = access_signal(PAGE(2), 0);
	assert_int_equal(signal->error_code, 0x8005);
	assert_int_equal(accept_page(PAGE(2), 0x410), 0);
	signal = access_signal(PAGE(2), 0);
	assert_int_equal(signal->error_code, 0x8005);
}

/* An image of a TCS, as the enclave would write it. */
static void write_tcs(uint64_t addr)
{
	struct sgx_tcs tcs = {
		.ossa = 2 * SGX_PAGE_SIZE,
		.nssa = 1,
		.oentry = 4 * SGX_PAGE_SIZE,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};

	write_byte(addr, 0);
	memcpy(epc_at(addr), &tcs, sizeof(tcs));
}

static void new_tcs_can_be_entered(void **state)
{
	struct lp second = m.lp;

	(void)state;
	write_tcs(PAGE(5));
	check_answer(modify_pages(0x5000, 4096, PT_TCS), 0, 0, 4096);
	assert_int_equal(page_at(PAGE(5))->type, PT_TCS);
	assert_int_equal(page_at(PAGE(5))->vm_max_prot, RW);
	/* A TCS must not be executable, but the mapping is. */
	assert_int_equal(access_signal(PAGE(5), 0)->sig, SIGBUS);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(5), 4096, RW, -1), 0);
	assert_int_equal(accept_page(PAGE(5), 0x110), 0);
	second.cr_enclave_mode = false;
	second.processor = NULL;
	enter_by_leaf(&second, PAGE(5));
	exit_by_leaf(&second);
}

static void tcs_needs_a_page_for_reading_and_writing(void **state)
{
	(void)state;
	check_answer(modify_pages(0x1000, 4096, PT_TCS), -EPERM, 0, 0);
	check_answer(modify_pages(0x4000, 4096, PT_TCS), -EPERM, 0, 0);
	assert_int_equal(epcm_at(PAGE(4))->pt, PT_REG);
}

static void illegal_transitions_are_einval(void **state)
{
	(void)state;
	/* TCS to TCS; TRIM to anything. */
	check_answer(modify_pages(0, 4096, PT_TCS), -EINVAL, 0, 0);
	check_answer(modify_pages(0x3000, 4096, PT_TRIM), 0, 0, 4096);
	check_answer(modify_pages(0x2000, 0x2000, PT_TRIM), -EINVAL, 0, 0x1000);
	check_answer(modify_pages(0x3000, 4096, PT_TCS), -EINVAL, 0, 0);
}

static void other_types_are_einval(void **state)
{
	(void)state;
	check_answer(modify_pages(0x2000, 4096, PT_SECS), -EINVAL, 0, 0);
	check_answer(modify_pages(0x2000, 4096, PT_REG), -EINVAL, 0, 0);
	check_answer(modify_pages(0x2000, 4096, PT_VA), -EINVAL, 0, 0);
	check_answer(modify_pages(0x2000, 4096, 0x100 | PT_TRIM), -EINVAL, 0,
		     0);
}

static void answer_that_cannot_be_written_is_efault(void **state)
{
	(void)state;
	refuse_answers();
	assert_int_equal(modify_pages(0x2000, 4096, PT_TRIM).ret, -EFAULT);
	assert_int_equal(epcm_at(PAGE(2))->pt, PT_TRIM);
}

static void results_must_be_zero_before(void **state)
{
	(void)state;
	check_results_zero(request, PT_TRIM);
}

static void missing_page_is_efault_with_count(void **state)
{
	(void)state;
	check_answer(modify_pages(0x5000, 0x4000, PT_TRIM), -EFAULT, 0, 0x2000);
}

static void pending_page_gives_the_leafs_code(void **state)
{
	(void)state;
	assert_non_null(access_signal(PAGE(8), PF_WRITE));
	check_answer(modify_pages(0x8000, 4096, PT_TCS), -EFAULT,
		     SGX_PAGE_NOT_MODIFIABLE, 0);
	/* The page is as before. */
	assert_int_equal(page_at(PAGE(8))->type, PT_REG);
	assert_int_equal(page_at(PAGE(8))->vm_max_prot, RWX);
}

static void lost_epc_is_efault_without_code(void **state)
{
	(void)state;
	lose_epc();
	check_answer(modify_pages(0x2000, 4096, PT_TRIM), -EFAULT, 0, 0);
}

static void eaccept_waits_for_threads_inside(void **state)
{
	struct lp other;

	(void)state;
	bystander_enters(&other);
	m.ignores_ipi = true;
	/* No interrupt reaches it. */
	check_answer(modify_pages(0x2000, 4096, PT_TRIM), -EFAULT, 0, 0);
	assert_int_equal(accept_page(PAGE(2), 0x410), SGX_NOT_TRACKED);
	lp_retrack(&other);
	assert_int_equal(accept_page(PAGE(2), 0x410), 0);
}

static const struct conform rows[] = {
	SUBJECT("SGX_IOC_ENCLAVE_MODIFY_TYPES",
		"sgx/ioctl.c sgx_ioc_enclave_modify_types()"),
	SGX2_IOCTL_ROWS,
	ROW("page_type has other bits than a type", "EINVAL",
	    INSIDE(other_types_are_einval)),
	ROW("result or count is not 0", "EINVAL",
	    INSIDE(results_must_be_zero_before)),
	CITE("sgx/ioctl.c sgx_enclave_modify_types()"),
	ROW("page_type is neither TCS nor TRIM", "EINVAL",
	    INSIDE(other_types_are_einval)),
	ROW("there is no page", "EFAULT, count",
	    INSIDE(missing_page_is_efault_with_count)),
	ROW("not REG to TCS, REG to TRIM, TCS to TRIM", "EINVAL",
	    INSIDE(illegal_transitions_are_einval)),
	ROW("REG to TCS, and the page may not be mapped RW", "EPERM",
	    INSIDE(tcs_needs_a_page_for_reading_and_writing)),
	ROW("EMODT faults", "EFAULT, result 0",
	    INSIDE(lost_epc_is_efault_without_code)),
	ROW("EMODT gives a code", "EFAULT, result is the code",
	    INSIDE(pending_page_gives_the_leafs_code)),
	ROW("the answer cannot be written", "EFAULT",
	    INSIDE(answer_that_cannot_be_written_is_efault)),
	ROW("none of these", "0; the type is changed", INSIDE(trims),
	    INSIDE(trims_a_tcs), INSIDE(new_tcs_can_be_entered)),
	ROW("trimmed, an access", "#PF 8005H, also after EACCEPT",
	    INSIDE(trimmed_page_is_8005_before_and_after_eaccept)),
	ROW("a thread is inside", "EACCEPT waits until it has left",
	    INSIDE(eaccept_waits_for_threads_inside)),
};

CONFORM_MAIN(rows, NULL)
