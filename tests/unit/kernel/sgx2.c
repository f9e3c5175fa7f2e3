/* SPDX-License-Identifier: BSD-3-Clause */
/* See sgx2.h. */
#include "sgx2.h"

#include "kernel/sgx/encl.h"

struct answer restrict_pages(uint64_t offset, uint64_t length,
			     uint64_t permissions)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = offset,
		.length = length,
		.permissions = permissions,
	};
	int64_t ret;

	user_write(ARG, &arg, sizeof(arg));
	ret = ioctl_raw(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, ARG);
	user_read(&arg, ARG, sizeof(arg));
	return (struct answer){ ret, arg.result, arg.count };
}

struct answer modify_pages(uint64_t offset, uint64_t length, uint64_t type)
{
	struct sgx_enclave_modify_types arg = {
		.offset = offset,
		.length = length,
		.page_type = type,
	};
	int64_t ret;

	user_write(ARG, &arg, sizeof(arg));
	ret = ioctl_raw(SGX_IOC_ENCLAVE_MODIFY_TYPES, ARG);
	user_read(&arg, ARG, sizeof(arg));
	return (struct answer){ ret, arg.result, arg.count };
}

struct answer remove_pages(uint64_t offset, uint64_t length)
{
	struct sgx_enclave_remove_pages arg = {
		.offset = offset,
		.length = length,
	};
	int64_t ret;

	user_write(ARG, &arg, sizeof(arg));
	ret = ioctl_raw(SGX_IOC_ENCLAVE_REMOVE_PAGES, ARG);
	user_read(&arg, ARG, sizeof(arg));
	return (struct answer){ ret, 0, arg.count };
}

void check_answer(struct answer got, int64_t ret, uint64_t result,
		  uint64_t count)
{
	assert_int_equal(got.ret, ret);
	assert_int_equal(got.result, result);
	assert_int_equal(got.count, count);
}

/* They differ in the name of the third field. */
_Static_assert(sizeof(struct sgx_enclave_restrict_permissions) ==
			       sizeof(struct sgx_enclave_modify_types) &&
		       offsetof(struct sgx_enclave_restrict_permissions,
				result) ==
			       offsetof(struct sgx_enclave_modify_types,
					result),
	       "one argument serves both");

void check_results_zero(uint32_t request, uint64_t third)
{
	struct sgx_enclave_restrict_permissions arg = {
		.offset = 0x2000,
		.length = 4096,
		.permissions = third,
		.result = 1,
	};
	struct epcm before = *epcm_at(PAGE(2));

	user_write(ARG, &arg, sizeof(arg));
	assert_int_equal(ioctl_raw(request, ARG), -EINVAL);
	arg.result = 0;
	arg.count = 4096;
	user_write(ARG, &arg, sizeof(arg));
	assert_int_equal(ioctl_raw(request, ARG), -EINVAL);
	user_read(&arg, ARG, sizeof(arg));
	assert_int_equal(arg.count, 4096);
	assert_memory_equal(epcm_at(PAGE(2)), &before, sizeof(before));
}

static int refuse_to_write(uint64_t to, const void *from, size_t n)
{
	(void)to;
	(void)from;
	(void)n;
	return -EFAULT;
}

void refuse_answers(void)
{
	m.host.copy_to_user = refuse_to_write;
}

void lose_epc(void)
{
	uint64_t enclaves, pages;

	exit_by_leaf(&m.lp);
	sgx_invalidate_all(&m.mm, &enclaves, &pages);
}

static uint64_t leaf(uint64_t number, uint64_t addr, uint64_t secinfo)
{
	struct sgx_secinfo info = { .flags = secinfo };
	struct ksignal signal;

	assert_null(access_signal(PAGE(3), PF_WRITE));
	memcpy(epc_at(PAGE(3)), &info, sizeof(info));
	m.lp.r.rax = number;
	m.lp.r.rbx = PAGE(3);
	m.lp.r.rcx = addr;
	for (unsigned i = 0; execute_enclu(&m.lp); i++) {
		assert_true(i < 1000);
		assert_int_equal(machine_model_fault(&signal), FAULT_RETRY);
	}
	return m.lp.r.rax;
}

uint64_t accept_page(uint64_t addr, uint64_t secinfo)
{
	return leaf(ENCLU_EACCEPT, addr, secinfo);
}

void extend_page(uint64_t addr, uint64_t secinfo)
{
	leaf(ENCLU_EMODPE, addr, secinfo);
}

/* What the processor and its page tables make of an access: 0 = it is made. */
static uint32_t hardware(uint64_t addr, uint32_t access)
{
	const struct real_page *page = real_page(addr);
	int need = access & PF_WRITE ? W : access & PF_INSTR ? X : R;

	if ((page->prot & need) == need)
		return 0;
	return access | PF_USER | (page->prot ? PF_PROT : 0);
}

const struct ksignal *access_signal(uint64_t addr, uint32_t access)
{
	static struct ksignal signal;
	enum fault_outcome outcome;
	unsigned tries = 0;
	uint32_t code;

	while ((code = hardware(addr, access))) {
		outcome = machine_page_fault(code, addr, &signal);
		if (outcome == FAULT_SIGNAL)
			return &signal;
		assert_int_equal(outcome, FAULT_RETRY);
		assert_true(++tries < 10000);
	}
	return NULL;
}

uint8_t read_byte(uint64_t addr)
{
	assert_null(access_signal(addr, 0));
	return *epc_at(addr);
}

void write_byte(uint64_t addr, uint8_t byte)
{
	assert_null(access_signal(addr, PF_WRITE));
	*epc_at(addr) = byte;
}

void evict(uint64_t addr)
{
	struct sgx_encl_page *page = page_at(addr);

	assert_true(sgx_page_present(page));
	__atomic_fetch_or(&page->flags, SGX_PAGE_BEING_RECLAIMED,
			  __ATOMIC_SEQ_CST);
	assert_int_equal(sgx_finish_reclaim(&m.mm, m.encl,
					    sgx_encl_pa(m.encl, addr)),
			 0);
	assert_int_equal(sgx_page_flags(page), SGX_PAGE_EVICTED);
	assert_int_equal(epcm_at(addr)->valid, 0);
}

static void map(unsigned page, unsigned n, int prot)
{
	assert_int_equal(map_fixed(PAGE(page), n * 4096ull, prot), PAGE(page));
}

int machine_setup_sgx2_inside(void **state)
{
	machine_setup_sgx2(state);
	map(0, 1, RW);
	map(1, 1, R);
	map(2, 2, RW);
	map(4, 1, RX);
	map(5, 1, RWX);
	map(6, 1, X);
	map(7, 57, RWX);
	enter_by_leaf(&m.lp, PAGE(0));
	return 0;
}
