/* SPDX-License-Identifier: BSD-3-Clause */
/* Killed while pages of an enclave that runs change.  See killed.h. */
#include "cpu/epcm.h"
#include "kernel/sgx/encl.h"
#include "killed.h"
#include "tests/conform/conform.h"

static bool augment(void)
{
	return killed_fault_at(PAGE(9)) && page_at(PAGE(9))->added;
}

static bool modify(unsigned page, unsigned type)
{
	struct sgx_enclave_modify_types arg = {
		.offset = page * SGX_PAGE_SIZE,
		.length = SGX_PAGE_SIZE,
		.page_type = type,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_MODIFY_TYPES, ARG);
}

static bool trim(void)
{
	return modify(5, PT_TRIM);
}

static bool make_tcs(void)
{
	return modify(5, PT_TCS);
}

static bool restrict_page(void)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = 5 * SGX_PAGE_SIZE,
		.length = SGX_PAGE_SIZE,
		.permissions = R,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, ARG);
}

/* EACCEPT and the like: the SECINFO lies in page 10, which has no other use. */
static void prepare_leaf(uint32_t leaf, uint64_t secinfo, uint64_t rdx)
{
	struct sgx_secinfo info = { .flags = secinfo };

	memcpy(epc_at(PAGE(10)), &info, sizeof(info));
	m.lp.r.rax = leaf;
	m.lp.r.rbx = PAGE(10);
	m.lp.r.rcx = PAGE(9);
	m.lp.r.rdx = rdx;
}

static void spare_page(void)
{
	killed_go_inside();
	killed_fault_at(PAGE(10));
	accept_page(PAGE(10), 0x20b);
	killed_fault_at(PAGE(9));
}

static void pending_page(void)
{
	spare_page();
	prepare_leaf(ENCLU_EACCEPT, 0x20b, 0);
}

static void page_to_copy(void)
{
	spare_page();
	prepare_leaf(ENCLU_EACCEPTCOPY, 0x203, PAGE(2));
}

static void trimmed_page(void)
{
	spare_page();
	accept_page(PAGE(9), 0x20b);
	assert_true(modify(9, PT_TRIM));
	prepare_leaf(ENCLU_EACCEPT, 0x410, 0);
}

static void removable_page(void)
{
	trimmed_page();
	assert_int_equal(execute_enclu(&m.lp), 0);
	m.inside[0] = &m.lp;
	exit_by_leaf(&m.lp);
}

static bool remove_page(void)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = 9 * SGX_PAGE_SIZE,
		.length = SGX_PAGE_SIZE,
	};

	user_write(ARG, &arg, sizeof(arg));
	return !ioctl_raw(SGX_IOC_ENCLAVE_REMOVE_PAGES, ARG);
}

OP(eaug, NULL, augment, killed_goes_on)
OP(emodt_trim, NULL, trim, killed_goes_on)
OP(emodt_tcs, NULL, make_tcs, killed_goes_on)
OP(emodpr, NULL, restrict_page, killed_goes_on)
OP(eaccept, pending_page, killed_execute, killed_goes_on)
OP(eaccept_of_a_trimmed_page, trimmed_page, killed_execute, killed_goes_on)
OP(eacceptcopy, page_to_copy, killed_execute, killed_goes_on)
OP(eremove, removable_page, remove_page, killed_goes_on)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed while pages change",
		"kernel/exit.c do_exit()"),
	DEVIATES("DK7", "in an ioctl, or a leaf",
		 "what it was at is "
		 "finished, or undone",
		 T(eaug), T(emodt_trim), T(emodt_tcs), T(emodpr), T(eaccept),
		 T(eaccept_of_a_trimmed_page), T(eacceptcopy), T(eremove)),
};

CONFORM_MAIN(rows, NULL)
