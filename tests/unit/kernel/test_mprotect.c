/* SPDX-License-Identifier: BSD-3-Clause */
/* mprotect() and pkey_mprotect() over enclave mappings. */
#include <fcntl.h>

#include "fixture.h"
#include "tests/conform/conform.h"

static int setup(void **state)
{
	machine_setup_initialized(state);
	/* Pages 1..6 as R, one mapping each for 1, 2-3, 4-5; 6 is apart. */
	assert_int_equal(map_fixed(PAGE(1), 4096, R), PAGE(1));
	assert_int_equal(map_fixed(PAGE(2), 8192, R), PAGE(2));
	assert_int_equal(map_fixed(PAGE(4), 8192, R), PAGE(4));
	return 0;
}

static int64_t mprotect_one(unsigned page, unsigned n, int prot)
{
	return with_reason(
		sgx_mprotect(&m.mm, PAGE(page), n * 4096ull, prot, -1));
}

static void gives_and_takes(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(2, 2, RW), 0);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(3))->prot, RW);
	assert_int_equal(mprotect_one(2, 2, PROT_NONE), 0);
	assert_int_equal(real_page(PAGE(3))->prot, PROT_NONE);
	assert_int_equal(mprotect_one(2, 2, R), 0);
	assert_int_equal(real_page(PAGE(3))->prot, R);
}

static void part_of_a_mapping_splits_it(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(3, 1, RW), 0);
	assert_int_equal(m.mm.nr_vmas, 4);
	assert_int_equal(real_page(PAGE(2))->prot, R);
	assert_int_equal(real_page(PAGE(3))->prot, RW);
}

static void length_0_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(1, 0, RW), 0);
}

static void unaligned_is_einval(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(1) + 8, 4096, R, -1),
			 -EINVAL);
}

static void length_is_rounded_up(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4097, RW, -1), 0);
	assert_int_equal(real_page(PAGE(3))->prot, RW);
}

static void wrap_is_enomem(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(1), -PAGE(1), R, -1),
			 -ENOMEM);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(1), -PAGE(1),
				      R | PROT_GROWSDOWN, -1),
			 -EINVAL);
}

static void unknown_protection_is_einval(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(2, 1, 0x40), -EINVAL);
}

static void growing_is_einval(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(2, 1, R | PROT_GROWSDOWN), -EINVAL);
	assert_int_equal(mprotect_one(2, 1, R | PROT_GROWSUP), -EINVAL);
}

static void read_implies_exec_is_eacces(void **state)
{
	(void)state;
	m.read_implies_exec = true;
	assert_int_equal(mprotect_one(2, 1, RW), -EACCES);
	assert_int_equal(mprotect_one(2, 1, PROT_NONE), -EACCES);
	m.read_implies_exec = false;
	assert_int_equal(mprotect_one(2, 1, RW), 0);
}

static void no_new_code_is_eacces(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(4, 2, RX), 0);
	m.mdwe = true;
	assert_int_equal(mprotect_one(4, 2, RX), 0);
	assert_int_equal(mprotect_one(5, 1, RWX), -EACCES);
	assert_int_equal(mprotect_one(2, 1, RW), 0);
	assert_int_equal(mprotect_one(4, 1, R), 0);
	assert_int_equal(mprotect_one(4, 1, RX), -EACCES);
	m.mdwe = false;
	assert_int_equal(mprotect_one(4, 1, RX), 0);
	assert_int_equal(mprotect_one(5, 1, RWX), 0);
}

static void beyond_the_maximum_is_eacces(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(1, 1, RW), -EACCES);
	assert_int_equal(mprotect_one(2, 2, RX), -EACCES);
	assert_int_equal(mprotect_one(4, 1, RX), 0);
	assert_int_equal(mprotect_one(4, 1, RW), -EACCES);
	assert_int_equal(mprotect_one(5, 1, RWX), 0);
}

static void read_only_descriptor_never_writes(void **state)
{
	(void)state;
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDONLY, PAGE(2), 4096,
				       R, MAP_SHARED | MAP_FIXED, ENCL_FD, 0),
			 PAGE(2));
	assert_int_equal(mprotect_one(2, 1, RW), -EACCES);
}

static void failure_midway_keeps_what_was_done(void **state)
{
	(void)state;
	/* Pages 2-3 may be writable, 4 may not. */
	assert_int_equal(mprotect_one(2, 3, RW), -EACCES);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(3))->prot, RW);
	assert_int_equal(real_page(PAGE(4))->prot, R);
}

static void gap_is_enomem_after_what_came_before(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(5, 4, PROT_NONE), -ENOMEM);
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
}

static void gap_first_is_enomem_at_once(void **state)
{
	(void)state;
	assert_int_equal(mprotect_one(0, 2, PROT_NONE), -ENOMEM);
	assert_int_equal(real_page(PAGE(1))->prot, R);
}

static void ordinary_memory_between_is_the_hosts(void **state)
{
	(void)state;
	real_page(PAGE(6))->kind = REAL_ANON;
	assert_int_equal(mprotect_one(5, 2, X), 0);
	assert_int_equal(real_page(PAGE(6))->prot, X);
	assert_int_equal(real_page(PAGE(5))->prot, RX);
}

static void runs_of_equal_permission_are_one_call(void **state)
{
	(void)state;
	m.protect_calls = 0;
	assert_int_equal(mprotect_one(2, 2, RW), 0);
	assert_int_equal(m.protect_calls, 1);
}

static void key_is_set_and_kept(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 8192, RW, 2), 0);
	assert_int_equal(real_page(PAGE(2))->pkey, 2);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(mprotect_one(2, 2, R), 0);
	assert_int_equal(real_page(PAGE(2))->pkey, 2);
	assert_int_equal(real_page(PAGE(2))->prot, R);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 8192, R, 0), 0);
	assert_int_equal(real_page(PAGE(2))->pkey, 0);
}

static void unknown_key_is_einval(void **state)
{
	(void)state;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, RW, 9), -EINVAL);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, RW, -2), -EINVAL);
	/* Nothing else is checked or changed. */
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(1), 4096, RW, 9), -EINVAL);
	assert_int_equal(sgx_find_vma(&m.mm, PAGE(2))->pkey, 0);
	assert_int_equal(sgx_find_vma(&m.mm, PAGE(2))->prot, R);
}

static void key_that_the_host_cannot_set_is_not_noted(void **state)
{
	(void)state;
	m.fail_protect = true;
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, R, 2), -ENOMEM);
	assert_int_equal(sgx_find_vma(&m.mm, PAGE(2))->pkey, 0);
}

static void without_enclave_memory_it_is_the_hosts_call(void **state)
{
	(void)state;
	real_page(ELSEWHERE)->kind = REAL_ANON;
	assert_int_equal(sgx_mprotect(&m.mm, ELSEWHERE, 4096, RWX, 1), 0);
	assert_int_equal(real_page(ELSEWHERE)->prot, RWX);
	assert_int_equal(real_page(ELSEWHERE)->pkey, 1);
}

/*
 * Another process created the enclave after this one had mapped the file.  So
 * the mapping shows no EPC yet, and must get no access.
 */
static void mapping_without_epc_gets_no_access(void **state)
{
	(void)state;
	m.mm.vmas[1].flags &= ~SGX_VMA_EPC;
	real_page(PAGE(2))->kind = REAL_NONE;
	real_page(PAGE(2))->prot = PROT_NONE;
	assert_int_equal(mprotect_one(2, 2, RW), 0);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
}

static void resync_follows_the_epcm(void **state)
{
	(void)state;
	epcm_of(&m.mm.cpu, m.encl->epc_base + 2 * 4096)->valid = 0;
	sgx_resync(&m.mm);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(3))->prot, R);
}

#define MAPPED(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("mprotect", "mm/mprotect.c do_mprotect_pkey()"),
	ROW("PROT_GROWSDOWN or PROT_GROWSUP", "EINVAL",
	    MAPPED(growing_is_einval)),
	ROW("the address is not page aligned", "EINVAL",
	    MAPPED(unaligned_is_einval)),
	ROW("the length is 0", "0", MAPPED(length_0_is_nothing)),
	ROW("the length is no multiple of a page", "rounded up",
	    MAPPED(length_is_rounded_up)),
	ROW("the range wraps", "ENOMEM", MAPPED(wrap_is_enomem)),
	ROW("unknown bits of prot", "EINVAL",
	    MAPPED(unknown_protection_is_einval)),
	ROW("unknown protection key", "EINVAL", MAPPED(unknown_key_is_einval)),
	ROW("a gap", "ENOMEM; what came before is changed",
	    MAPPED(gap_is_enomem_after_what_came_before),
	    MAPPED(gap_first_is_enomem_at_once)),
	ROW("PROT_WRITE, the descriptor was read only", "EACCES",
	    MAPPED(read_only_descriptor_never_writes)),
	CITE("sgx/encl.c sgx_vma_mprotect()"),
	ROW("the personality READ_IMPLIES_EXEC", "EACCES",
	    MAPPED(read_implies_exec_is_eacces)),
	ROW("PR_SET_MDWE: writable code, or new one", "EACCES",
	    MAPPED(no_new_code_is_eacces)),
	ROW("more than a page's maximum", "EACCES",
	    MAPPED(beyond_the_maximum_is_eacces)),
	ROW("a later mapping refuses", "EACCES; what came before is changed",
	    MAPPED(failure_midway_keeps_what_was_done)),
	ROW("none of these", "the new protection", MAPPED(gives_and_takes),
	    MAPPED(part_of_a_mapping_splits_it),
	    MAPPED(mapping_without_epc_gets_no_access),
	    MAPPED(resync_follows_the_epcm)),
	ROW("a protection key", "is set", MAPPED(key_is_set_and_kept),
	    MAPPED(key_that_the_host_cannot_set_is_not_noted)),
	ROW("ordinary memory in the range", "as ever",
	    MAPPED(ordinary_memory_between_is_the_hosts),
	    MAPPED(without_enclave_memory_it_is_the_hosts_call)),
	TESTS(MAPPED(runs_of_equal_permission_are_one_call)),
};

CONFORM_MAIN(rows, NULL)
