/* SPDX-License-Identifier: BSD-3-Clause */
/* Mappings of another address space; enclaves in a range of this one. */
#include "fixture.h"

#include <string.h>

#include "kernel/mm/remote.h"
#include "kernel/mm/vma.h"

static void insert(uint64_t start, uint64_t end, uint32_t encl)
{
	struct sgx_vma vma = { .start = start, .end = end, .encl = encl };

	assert_int_equal(sgx_vma_reserve(&m.mm, 1), 0);
	sgx_vma_insert(&m.mm, &vma);
}

static unsigned int reads, fail_at; /* the read that fails; 0: none */

static bool read_here(uint32_t id, void *to, uint64_t from, size_t n)
{
	assert_int_equal(id, 7);
	if (++reads == fail_at)
		return false;
	memcpy(to, (const void *)from, n);
	return true;
}

static struct sgx_remote open_here(void)
{
	struct sgx_remote remote = { .read = read_here, .id = 7 };

	fail_at = 0;
	assert_true(sgx_remote_open(&remote, (uint64_t)&m.mm));
	reads = 0;
	return remote;
}

static void assert_vma(const struct sgx_remote *remote, uint64_t addr,
		       uint64_t start)
{
	struct sgx_vma vma;

	assert_int_equal(sgx_remote_vma(remote, addr, &vma), start != 0);
	if (start)
		assert_int_equal(vma.start, start);
}

static void remote_vma(void **state)
{
	struct sgx_remote remote;

	(void)state;
	for (uint64_t i = 1; i <= 9; i++) {
		insert(i * 0x10000, i * 0x10000 + 0x2000, 0);
		remote = open_here();
		assert_int_equal(remote.nr_vmas, i);
		for (uint64_t k = 1; k <= i; k++) {
			uint64_t start = k * 0x10000;

			assert_vma(&remote, start - 1, start);
			assert_vma(&remote, start, start);
			assert_vma(&remote, start + 0x1fff, start);
			assert_vma(&remote, start + 0x2000,
				   k < i ? start + 0x10000 : 0);
		}
		assert_vma(&remote, 0, 0x10000);
		assert_vma(&remote, ~0ull, 0);
	}
}

static void remote_empty(void **state)
{
	struct sgx_remote remote = open_here();

	(void)state;
	assert_vma(&remote, 0, 0);
}

/* The other process is gone, or its memory is. */
static void remote_fails(void **state)
{
	struct sgx_remote remote = { .read = read_here, .id = 7 };
	struct sgx_vma vma;

	(void)state;
	insert(0x10000, 0x12000, 0);
	insert(0x20000, 0x22000, 0);
	for (fail_at = 1; fail_at <= 2; fail_at++) {
		reads = 0;
		assert_false(sgx_remote_open(&remote, (uint64_t)&m.mm));
	}
	remote = open_here();
	assert_true(sgx_remote_vma(&remote, 0x11000, &vma));
	for (unsigned int n = reads, i = 1; i <= n; i++) {
		fail_at = i;
		reads = 0;
		assert_false(sgx_remote_vma(&remote, 0x11000, &vma));
	}
}

/* The memory that is read may hold anything. */
static void remote_nonsense(void **state)
{
	struct sgx_remote remote;

	(void)state;
	insert(0x10000, 0x12000, SGX_MAX_ENCLAVES - 1);
	remote = open_here();
	assert_vma(&remote, 0, 0x10000);
	m.mm.vmas[0].encl = SGX_MAX_ENCLAVES;
	assert_vma(&remote, 0, 0);
	m.mm.vmas[0].encl = 0;
}

static void set_enclave(uint32_t i, uint64_t base, uint64_t size)
{
	m.shared->encls[i].base = base;
	m.shared->encls[i].size = size;
}

static void next_enclave(void **state)
{
	struct sgx_mapped mapped;

	(void)state;
	set_enclave(0, 0x100000, 0x100000);
	set_enclave(1, 0, 0); /* not created yet */
	insert(0x110000, 0x120000, 0);
	insert(0x130000, 0x140000, 0);
	insert(0x300000, 0x310000, 1);
	assert_false(sgx_next_enclave(&m.mm, 0, 0x110000, &mapped));
	assert_true(sgx_next_enclave(&m.mm, 0, 0x110001, &mapped));
	assert_int_equal(mapped.encl, 0);
	assert_int_equal(mapped.start, 0x110000);
	assert_int_equal(mapped.end, 0x110001);
	assert_int_equal(mapped.next, 0x200000);
	assert_true(sgx_next_enclave(&m.mm, 0x118000, 0x400000, &mapped));
	assert_int_equal(mapped.start, 0x118000);
	assert_int_equal(mapped.end, 0x400000);
	assert_true(sgx_next_enclave(&m.mm, mapped.next, 0x400000, &mapped));
	assert_int_equal(mapped.encl, 1);
	assert_int_equal(mapped.start, 0x300000);
	assert_int_equal(mapped.next, 0x310000);
	assert_false(sgx_next_enclave(&m.mm, mapped.next, 0x400000, &mapped));
	assert_false(sgx_next_enclave(&m.mm, 0x140000, 0x300000, &mapped));
}

#define ON_OPEN(test) \
	cmocka_unit_test_setup_teardown(test, machine_setup, machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_OPEN(remote_vma),   ON_OPEN(remote_empty),
		ON_OPEN(remote_fails), ON_OPEN(remote_nonsense),
		ON_OPEN(next_enclave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
