/* SPDX-License-Identifier: BSD-3-Clause */
/* A debugger's reads and writes of an enclave: sgx_vma_access(). */
#include "fixture.h"

#include "cpu/cpu.h"
#include "kernel/mm/vma.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define PATTERN 0x8877665544332211ull

static void wants_debug(struct sgx_sigstruct *sig)
{
	sig->attributes |= SGX_ATTR_DEBUG;
}

/* Pages of standard_pages(): 0 TCS, 2-3 RW, 4 RX, 5 RWX. */
static void debug_enclave(void)
{
	struct sgx_secs secs = standard_secs();

	secs.attributes |= SGX_ATTR_DEBUG;
	assert_int_equal(create_with(&secs), 0);
	standard_pages();
	map_fixed(PAGE(0), 4096, RW);
	map_fixed(PAGE(2), 2 * 4096, RW);
	map_fixed(PAGE(4), 2 * 4096, RX);
}

static int64_t reach(uint64_t addr, void *buf, uint64_t len, bool write)
{
	const struct sgx_vma *vma = sgx_find_vma(&m.mm, addr);

	assert_non_null(vma);
	return sgx_vma_access(&m.mm, &m.lp, vma, addr, buf, len, write);
}

static void words_and_parts(void **state)
{
	uint64_t word = 0, at = PAGE(2) + 16;

	(void)state;
	debug_enclave();
	*(uint64_t *)epc_at(at) = PATTERN;
	assert_int_equal(reach(at, &word, 8, false), 8);
	assert_true(word == PATTERN);
	word = 0;
	assert_int_equal(reach(at + 3, &word, 4, false), 4);
	assert_int_equal(word, 0x77665544);
	word = 0;
	assert_int_equal(reach(at + 6, &word, 2, true), 2);
	assert_true(*(uint64_t *)epc_at(at) == (PATTERN & 0xffffffffffff));
	word = PATTERN;
	assert_int_equal(reach(at + 5, &word, 8, true), 8);
	assert_memory_equal(epc_at(at + 5), &word, 8);
}

static void many_words(void **state)
{
	uint8_t bytes[8192], want[8192];

	(void)state;
	debug_enclave();
	memcpy(want, epc_at(PAGE(4)), 4096);
	memcpy(want + 4096, epc_at(PAGE(5)), 4096);
	assert_int_equal(reach(PAGE(4), bytes, 8192, false), 8192);
	assert_memory_equal(bytes, want, 8192);
	/* Read-only and executable is nothing to a debugger. */
	memset(bytes, 0xcc, sizeof(bytes));
	assert_int_equal(reach(PAGE(4) + 100, bytes, 5000, true), 5000);
	assert_int_equal(epc_at(PAGE(4) + 100)[0], 0xcc);
	assert_memory_equal(epc_at(PAGE(4)), want, 100);
	assert_int_equal(epc_at(PAGE(5) + 1003)[0], 0xcc);
	assert_int_equal(epc_at(PAGE(5) + 1004)[0], want[4096 + 1004]);
}

static void not_for_debugging(void **state)
{
	uint64_t word = PATTERN;

	(void)state;
	assert_int_equal(create(), 0);
	standard_pages();
	map_fixed(PAGE(2), 4096, RW);
	*(uint64_t *)epc_at(PAGE(2)) = 1;
	assert_int_equal(reach(PAGE(2), &word, 8, false), -EFAULT);
	assert_int_equal(reach(PAGE(2), &word, 8, true), -EFAULT);
	assert_true(word == PATTERN);
	assert_int_equal(*(uint64_t *)epc_at(PAGE(2)), 1);
}

/* DEVIATION DK22: of an enclave that this process has not mapped all of. */
static void out_of_reach(void **state)
{
	uint64_t word = PATTERN, all = m.mm.reach;

	(void)state;
	debug_enclave();
	m.mm.reach = m.encl->epc_base + m.encl->size - SGX_PAGE_SIZE;
	assert_int_equal(reach(PAGE(2), &word, 8, false), -EFAULT);
	assert_true(word == PATTERN);
	m.mm.reach = all;
	assert_int_equal(reach(PAGE(2), &word, 8, false), 8);
}

static void before_create(void **state)
{
	uint64_t word;

	(void)state;
	map_fixed(PAGE(2), 4096, PROT_NONE);
	assert_int_equal(reach(PAGE(2), &word, 8, false), -EFAULT);
}

static void no_page(void **state)
{
	uint8_t bytes[4096];

	(void)state;
	debug_enclave();
	map_fixed(PAGE(6), 2 * 4096, PROT_NONE);
	assert_int_equal(reach(PAGE(7), bytes, 8, false), -EFAULT);
	/* Nothing counts if the end is missing. */
	assert_int_equal(reach(PAGE(7) - 8, bytes, 16, false), -EFAULT);
}

/* The mapping was made before the page, and asks for more than it may. */
static void beyond_maximum(void **state)
{
	struct sgx_vma vma;
	uint64_t word;

	(void)state;
	debug_enclave();
	vma = *sgx_find_vma(&m.mm, PAGE(2));
	vma.prot = RX;
	assert_int_equal(sgx_vma_access(&m.mm, &m.lp, &vma, PAGE(2), &word, 8,
					false),
			 -EFAULT);
}

static void tcs_limits(void **state)
{
	uint64_t flags = 1, word;

	(void)state;
	debug_enclave();
	assert_int_equal(reach(PAGE(0) + 64, &word, 8, false), 8);
	assert_int_equal(reach(PAGE(0) + 72, &word, 8, false), -EIO);
	assert_int_equal(reach(PAGE(0) + 8, &flags, 8, true), 8);
	assert_int_equal(((struct sgx_tcs *)epc_at(PAGE(0)))->flags, 1);
	assert_int_equal(reach(PAGE(0), &flags, 8, true), -EIO);
	assert_int_equal(reach(PAGE(0) + 16, &flags, 1, true), -EIO);
}

static void pending_page(void **state)
{
	uint64_t word;

	(void)state;
	debug_enclave();
	epcm_at(PAGE(2))->pending = 1;
	assert_int_equal(reach(PAGE(2), &word, 8, false), -EIO);
	epcm_at(PAGE(2))->pending = 0;
	epcm_at(PAGE(2))->valid = 0;
	assert_int_equal(reach(PAGE(2), &word, 8, true), -EIO);
}

static void on_its_way_out(uint64_t addr)
{
	page_at(addr)->flags = SGX_PAGE_BEING_RECLAIMED;
}

static void page_on_its_way_out_comes_back(void **state)
{
	uint64_t word = 0;

	(void)state;
	debug_enclave();
	*(uint64_t *)epc_at(PAGE(2)) = PATTERN;
	on_its_way_out(PAGE(2));
	assert_int_equal(reach(PAGE(2), &word, 8, false), 8);
	assert_true(word == PATTERN);
	assert_int_equal(m.shared->stat_ewb, 1);
	assert_int_equal(m.shared->stat_eldu, 1);
}

/* Which needs an EPC page, however full it is; a page that is there, none. */
static void full_epc(void **state)
{
	uint64_t word;

	(void)state;
	debug_enclave();
	m.shared->epc_free_pages = 0;
	assert_int_equal(reach(PAGE(2), &word, 8, false), 8);
	assert_int_equal(m.shared->stat_ewb, 0);
	assert_int_equal(sgx_evict(&m.mm, m.encl, PAGE(2), PAGE(3)), 1);
	m.shared->epc_free_pages = 0;
	assert_int_equal(reach(PAGE(2), &word, 8, false), 8);
	assert_true(m.shared->stat_ewb > 1);
}

/* A processor inside that no interrupt reaches keeps the page for ever. */
static void page_that_cannot_leave(void **state)
{
	uint64_t word;

	(void)state;
	debug_enclave();
	assert_int_equal(init_with(wants_debug), 0);
	enter_by_leaf(&m.lp, PAGE(0));
	on_its_way_out(PAGE(3));
	m.ignores_ipi = true;
	/* At first it may still leave; later that counts as impossible. */
	assert_int_equal(reach(PAGE(3), &word, 8, false), -EBUSY);
	m.shared->reclaim_failures = 256;
	assert_int_equal(reach(PAGE(3), &word, 8, false), -EFAULT);
}

/* What was asked must not show in the thread's own state. */
static void keeps_the_processor(void **state)
{
	struct lp_regs regs;
	uint64_t word;

	(void)state;
	debug_enclave();
	memset(&m.lp.r, 0x5a, sizeof(m.lp.r));
	regs = m.lp.r;
	assert_int_equal(reach(PAGE(2), &word, 8, false), 8);
	assert_int_equal(reach(PAGE(2), &word, 8, true), 8);
	assert_memory_equal(&regs, &m.lp.r, sizeof(regs));
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("ptrace, /proc/PID/mem",
		"sgx/encl.c sgx_vma_access(), sgx_encl_reserve_page()"),
	ROW("the enclave has not DEBUG", "EFAULT", T(not_for_debugging),
	    T(before_create), T(out_of_reach)),
	ROW("no page at the address", "EFAULT", T(no_page)),
	ROW("the page is on its way out",
	    "waited for; EFAULT if it does not leave",
	    T(page_on_its_way_out_comes_back), T(full_epc),
	    T(page_that_cannot_leave)),
	ROW("the mapping allows more than the page may", "EFAULT",
	    T(beyond_maximum)),
	ROW("EDBGRD or EDBGWR refuses", "EIO", T(tcs_limits), T(pending_page)),
	ROW("no error", "every byte asked for, whatever the permissions",
	    T(words_and_parts), T(many_words)),
	TESTS(T(keeps_the_processor)),
};

CONFORM_MAIN(rows, NULL)
