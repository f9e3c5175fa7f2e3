/* SPDX-License-Identifier: BSD-3-Clause */
/* mremap() and madvise() over enclave mappings. */
#include <linux/mman.h>

#include "fixture.h"
#include "tests/conform/conform.h"

/* Pages 2-5 in one mapping. */
static int setup(void **state)
{
	machine_setup_initialized(state);
	assert_int_equal(map_fixed(PAGE(2), 4 * 4096, R), PAGE(2));
	return 0;
}

static int64_t value;

static int mremap_call(uint64_t old, uint64_t old_len, uint64_t new_len,
		       int flags, uint64_t new_addr)
{
	value = -1;
	return sgx_mremap(&m.mm, old, old_len, new_len, flags, new_addr,
			  &value);
}

static void bad_arguments_are_einval(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(PAGE(2), 4096, 4096, 64, 0), -EINVAL);
	assert_int_equal(mremap_call(PAGE(2), 4096, 4096, MREMAP_FIXED, 0),
			 -EINVAL);
	assert_int_equal(mremap_call(PAGE(2) + 1, 4096, 4096, 0, 0), -EINVAL);
	assert_int_equal(mremap_call(PAGE(2), 4096, 0, 0, 0), -EINVAL);
	assert_int_equal(mremap_call(PAGE(2), 8192, 4096,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
			 -EINVAL);
	assert_int_equal(mremap_call(PAGE(2), 4096, -1ull, 0, 0), -EINVAL);
	/* Likewise for memory of no enclave; 0: the host decides. */
	assert_int_equal(mremap_call(ELSEWHERE, 4096, 4096, MREMAP_DONTUNMAP,
				     0),
			 -EINVAL);
	assert_int_equal(mremap_call(ELSEWHERE, 8192, 4096,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
			 -EINVAL);
	assert_int_equal(mremap_call(ELSEWHERE, 4096, 4096,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
			 0);
}

static void growing_is_efault(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(PAGE(2), 4 * 4096, 5 * 4096, 0, 0),
			 -EFAULT);
	assert_int_equal(mremap_call(PAGE(2), 4096, 8192, MREMAP_MAYMOVE, 0),
			 -EFAULT);
	assert_int_equal(mremap_call(PAGE(2), 0, 4096, MREMAP_MAYMOVE, 0),
			 -EFAULT);
}

static void keeping_the_old_one_is_einval(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(PAGE(2), 4096, 4096,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
			 -EINVAL);
}

static void same_size_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(PAGE(2), 4 * 4096, 4 * 4096, 0, 0), 1);
	assert_int_equal(value, PAGE(2));
	assert_int_equal(m.mm.nr_vmas, 1);
}

static void shrinking_cuts_off(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(PAGE(2), 4 * 4096, 4096, 0, 0), 1);
	assert_int_equal(value, PAGE(2));
	assert_int_equal(m.mm.vmas[0].end, PAGE(3));
	assert_int_equal(real_page(PAGE(3))->kind, REAL_FREE);
}

static int move(uint64_t old, uint64_t len, uint64_t new_len, uint64_t to)
{
	return mremap_call(old, len, new_len, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to);
}

static void moved_off_its_addresses_shows_nothing(void **state)
{
	(void)state;
	assert_int_equal(move(PAGE(2), 8192, 8192, ELSEWHERE), 1);
	assert_int_equal(value, ELSEWHERE);
	assert_null(sgx_find_vma(&m.mm, PAGE(2)));
	assert_int_equal(real_page(PAGE(2))->kind, REAL_FREE);
	assert_true(sgx_find_vma(&m.mm, ELSEWHERE)->flags & SGX_VMA_MOVED);
	assert_int_equal(real_page(ELSEWHERE)->kind, REAL_NONE);
	assert_non_null(sgx_find_vma(&m.mm, PAGE(4)));
	assert_int_equal(m.pins[0], 1);
}

static void moved_within_elrange_shows_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(move(PAGE(4), 4096, 4096, PAGE(1)), 1);
	assert_int_equal(real_page(PAGE(1))->kind, REAL_EPC);
	assert_int_equal(real_page(PAGE(1))->pa, m.encl->epc_base + 4096);
	assert_int_equal(real_page(PAGE(1))->prot, R);
}

static void moving_checks_its_target(void **state)
{
	(void)state;
	assert_int_equal(move(PAGE(2), 8192, 8192, PAGE(3)), -EINVAL);
	assert_int_equal(move(PAGE(2), 4096, 4096, ELSEWHERE + 1), -EINVAL);
	assert_int_equal(move(PAGE(2), 4096, 4096, 1ull << 47), -EINVAL);
	assert_int_equal(move(PAGE(2), 4096, 1ull << 47, 0), -EINVAL);
	assert_int_equal(m.mm.nr_vmas, 1);
}

/* Neighbours do not overlap; a move up to the mapping's end is allowed. */
static void neighbours_can_be_targets(void **state)
{
	(void)state;
	assert_int_equal(move(PAGE(3), 4096, 4096, PAGE(4)), 1);
	assert_int_equal(move(PAGE(4), 4096, 4096, PAGE(3)), 1);
	assert_int_equal(move(PAGE(5), 4096, 4096, ELSEWHERE), 1);
	assert_null(sgx_find_vma(&m.mm, PAGE(5)));
}

/* Length 0 overlaps nothing; then the target replaces the source. */
static void target_that_swallows_its_source_is_efault(void **state)
{
	(void)state;
	assert_int_equal(move(PAGE(3), 0, 4096, PAGE(3)), -EFAULT);
	assert_null(sgx_find_vma(&m.mm, PAGE(3)));
}

static void moving_more_than_one_mapping_is_efault(void **state)
{
	(void)state;
	assert_int_equal(map_fixed(PAGE(6), 4096, X), PAGE(6));
	assert_int_equal(move(PAGE(5), 8192, 8192, ELSEWHERE), -EFAULT);
}

static void ordinary_memory_is_not_handled(void **state)
{
	(void)state;
	assert_int_equal(mremap_call(ELSEWHERE, 4096, 8192, MREMAP_MAYMOVE, 0),
			 0);
}

static void ordinary_memory_moved_over_the_enclave_replaces_it(void **state)
{
	(void)state;
	assert_int_equal(move(ELSEWHERE, 4096, 4096, PAGE(3)), 0);
	assert_null(sgx_find_vma(&m.mm, PAGE(3)));
	assert_non_null(sgx_find_vma(&m.mm, PAGE(4)));
}

/* The host could do these, but the table of mappings is full. */
static void full_table_is_enomem(void **state)
{
	(void)state;
	m.mm.max_vmas = m.mm.nr_vmas;
	m.fail_alloc = true;
	assert_int_equal(mremap_call(PAGE(2), 4 * 4096, 4096, 0, 0), -ENOMEM);
	assert_int_equal(move(PAGE(2), 4096, 4096, ELSEWHERE), -ENOMEM);
	assert_int_equal(move(ELSEWHERE, 4096, 4096, PAGE(3)), -ENOMEM);
	assert_int_equal(m.mm.nr_vmas, 1);
	assert_int_equal(m.mm.vmas[0].end, PAGE(6));
	/* Mappings of no enclave need no room in it. */
	assert_int_equal(move(ELSEWHERE, 4096, 4096, USER_BASE), 0);
}

static int advise(uint64_t addr, uint64_t len, int advice)
{
	return sgx_madvise(&m.mm, addr, len, advice, &value);
}

static void most_advice_is_einval(void **state)
{
	static const int bad[] = {
		MADV_DONTNEED,   MADV_FREE,          MADV_COLD,
		MADV_PAGEOUT,    MADV_DOFORK,        MADV_DODUMP,
		MADV_WIPEONFORK, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		12345,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(advise(PAGE(2), 4096, bad[i]), -EINVAL);
}

static void harmless_advice_is_the_hosts(void **state)
{
	static const int fine[] = {
		MADV_NORMAL,    MADV_RANDOM,   MADV_SEQUENTIAL,
		MADV_WILLNEED,  MADV_DONTDUMP, MADV_KEEPONFORK,
		MADV_MERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_int_equal(advise(PAGE(2), 4096, fine[i]), 0);
	assert_int_equal(sgx_find_vma(&m.mm, PAGE(2))->flags & SGX_VMA_DONTFORK,
			 0);
}

static void removing_says_what_is_wrong_first(void **state)
{
	(void)state;
	assert_int_equal(advise(PAGE(2), 4096, MADV_REMOVE), -EACCES);
	assert_int_equal(sgx_mprotect(&m.mm, PAGE(2), 4096, RW, -1), 0);
	assert_int_equal(advise(PAGE(2), 4096, MADV_REMOVE), -ENODEV);
}

static void dontfork_is_remembered(void **state)
{
	(void)state;
	assert_int_equal(advise(PAGE(3), 4096, MADV_DONTFORK), 0);
	assert_int_equal(m.mm.nr_vmas, 3);
	sgx_dup_mm(&m.mm);
	assert_non_null(sgx_find_vma(&m.mm, PAGE(2)));
	assert_null(sgx_find_vma(&m.mm, PAGE(3)));
	assert_non_null(sgx_find_vma(&m.mm, PAGE(4)));
}

static void other_memory_may_be_advised(void **state)
{
	(void)state;
	assert_int_equal(advise(ELSEWHERE, 4096, MADV_DONTNEED), 0);
	/* The host gives EINVAL itself. */
	assert_int_equal(advise(PAGE(2) + 1, 4096, MADV_DONTNEED), 0);
}

/* This includes the ordinary page before it, which Linux would advise. */
static void a_refusal_is_the_whole_ranges(void **state)
{
	(void)state;
	assert_int_equal(advise(ELSEWHERE - 4096, 8192, MADV_DONTNEED), 0);
	assert_int_equal(advise(PAGE(2) - 4096, 8192, MADV_DONTNEED), -EINVAL);
}

#define MAPPED(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("mremap", "mm/mremap.c sys_mremap()"),
	ROW("bad arguments", "EINVAL", MAPPED(bad_arguments_are_einval)),
	ROW("no memory", "ENOMEM", MAPPED(full_table_is_enomem)),
	ROW("growing", "EFAULT", MAPPED(growing_is_efault)),
	ROW("MREMAP_DONTUNMAP", "EINVAL",
	    MAPPED(keeping_the_old_one_is_einval)),
	ROW("the same size", "nothing, 0", MAPPED(same_size_is_nothing)),
	ROW("shrinking", "the end is cut off", MAPPED(shrinking_cuts_off)),
	ROW("a target that cannot be", "EINVAL",
	    MAPPED(moving_checks_its_target),
	    MAPPED(neighbours_can_be_targets)),
	ROW("the target swallows the source", "EFAULT",
	    MAPPED(target_that_swallows_its_source_is_efault)),
	ROW("more than one mapping", "EFAULT",
	    MAPPED(moving_more_than_one_mapping_is_efault)),
	DEVIATES("DK4", "moving", "pages by the new address",
		 MAPPED(moved_off_its_addresses_shows_nothing),
		 MAPPED(moved_within_elrange_shows_what_is_there)),
	DEVIATES("DK12", "ordinary memory moved over an enclave mapping",
		 "replaces it, even if the host fails",
		 MAPPED(ordinary_memory_moved_over_the_enclave_replaces_it)),
	TESTS(MAPPED(ordinary_memory_is_not_handled)),
	SUBJECT("madvise", "mm/madvise.c madvise_vma_behavior()"),
	ROW("advice that VM_PFNMAP or VM_IO forbids", "EINVAL",
	    MAPPED(most_advice_is_einval)),
	ROW("MADV_REMOVE", "EACCES without write, else ENODEV",
	    MAPPED(removing_says_what_is_wrong_first)),
	ROW("MADV_DONTFORK", "the child has no mapping",
	    MAPPED(dontfork_is_remembered)),
	ROW("other advice", "0", MAPPED(harmless_advice_is_the_hosts),
	    MAPPED(other_memory_may_be_advised)),
	DEVIATES("DK5", "a part of the range is an enclave's, and refuses",
		 "nothing of the range is advised",
		 MAPPED(a_refusal_is_the_whole_ranges)),
};

CONFORM_MAIN(rows, NULL)
