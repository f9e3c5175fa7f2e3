/* SPDX-License-Identifier: BSD-3-Clause */
/* mmap() of the device files; mmap() and munmap() over their mappings. */
#include <fcntl.h>

#include "fixture.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

#define FIXED (MAP_SHARED | MAP_FIXED)

static int64_t map(uint64_t addr, uint64_t len, int prot, int flags,
		   int accmode)
{
	return with_reason(sgx_mmap_file(&m.mm, m.encl, accmode, addr, len,
					 prot, flags, ENCL_FD, 0));
}

static void length_0_is_einval(void **state)
{
	(void)state;
	/* This is checked first: MAP_PRIVATE would be EINVAL as well. */
	assert_int_equal(map(PAGE(0), 0, R, FIXED, O_RDWR), -EINVAL);
}

static void huge_pages_are_einval(void **state)
{
	(void)state;
	/* This is checked before the length. */
	assert_int_equal(map(PAGE(0), UINT64_MAX, R, FIXED | MAP_HUGETLB,
			     O_RDWR),
			 -EINVAL);
	assert_int_equal(map(PAGE(0), 4096, R, FIXED | MAP_HUGETLB, O_RDWR),
			 -EINVAL);
}

static void read_implies_exec_is_eacces(void **state)
{
	(void)state;
	m.read_implies_exec = true;
	assert_int_equal(map(PAGE(0), 4096, R, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(PAGE(0), 4096, PROT_NONE, FIXED, O_RDWR), -EACCES);
}

static void writable_code_is_eacces(void **state)
{
	int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;

	(void)state;
	m.mdwe = true;
	assert_int_equal(map(PAGE(0), 4096, rwx, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(PAGE(0), 4096, PROT_READ | PROT_EXEC, FIXED,
			     O_RDWR),
			 PAGE(0));
	m.mdwe = false;
	assert_int_equal(map(PAGE(0), 4096, rwx, FIXED, O_RDWR), PAGE(0));
}

static void length_overflow_is_enomem(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0), UINT64_MAX, R, MAP_PRIVATE, O_RDWR),
			 -ENOMEM);
}

static void length_beyond_the_address_space_is_enomem(void **state)
{
	(void)state;
	assert_int_equal(map(0, 1ull << 47, R, MAP_PRIVATE, O_RDWR), -ENOMEM);
}

static void unaligned_offset_is_einval(void **state)
{
	(void)state;
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDWR, PAGE(0), 4096, R,
				       FIXED, ENCL_FD, 100),
			 -EINVAL);
}

static void offset_overflow_is_eoverflow(void **state)
{
	(void)state;
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDWR, PAGE(0), 8192, R,
				       FIXED, ENCL_FD, -4096ull),
			 -EOVERFLOW);
	/* A range must not reach the last byte of the address space. */
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDWR, PAGE(0), 8192, R,
				       FIXED, ENCL_FD, -8192ull),
			 -EOVERFLOW);
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDWR, PAGE(0), 8192, R,
				       FIXED, ENCL_FD, -12288ull),
			 PAGE(0));
}

static void offset_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(sgx_mmap_file(&m.mm, m.encl, O_RDWR, PAGE(2), 4096, RW,
				       FIXED, ENCL_FD, 0x7000),
			 PAGE(2));
	assert_int_equal(real_page(PAGE(2))->pa, m.encl->epc_base + 2 * 4096);
}

static void private_is_einval(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0), 4096, R, MAP_PRIVATE | MAP_FIXED, O_RDWR),
			 -EINVAL);
	/* This is checked before the address. */
	assert_int_equal(map(1ull << 47, 4096, R, MAP_PRIVATE | MAP_FIXED,
			     O_RDWR),
			 -EINVAL);
}

static void fixed_beyond_the_address_space_is_enomem(void **state)
{
	(void)state;
	assert_int_equal(map(0x7ffffffff001, 4096, R, FIXED, O_RDWR), -ENOMEM);
}

static void fixed_unaligned_is_einval(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0) + 1, 4096, R, FIXED, O_RDWR), -EINVAL);
}

static void noreplace_over_a_mapping_is_eexist(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0), 8192, R, FIXED, O_RDWR), PAGE(0));
	/* This is checked before the descriptor's rights. */
	assert_int_equal(map(PAGE(1), 4096, W, MAP_SHARED | MAP_FIXED_NOREPLACE,
			     O_RDONLY),
			 -EEXIST);
	/* This is checked after the address. */
	assert_int_equal(map(PAGE(1) + 8, 4096, R,
			     MAP_SHARED | MAP_FIXED_NOREPLACE, O_RDWR),
			 -EINVAL);
	assert_int_equal(map(PAGE(2), 4096, R, MAP_SHARED | MAP_FIXED_NOREPLACE,
			     O_RDWR),
			 PAGE(2));
}

/* What is there is no enclave's, so the host's kernel finds it. */
static void noreplace_over_other_memory_is_eexist(void **state)
{
	(void)state;
	assert_int_equal(sgx_mmap_other(&m.mm, PAGE(3), 4096, R,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
					-1, 0),
			 PAGE(3));
	assert_int_equal(map(PAGE(3), 4096, R, MAP_SHARED | MAP_FIXED_NOREPLACE,
			     O_RDWR),
			 -EEXIST);
	assert_int_equal(m.mm.nr_vmas, 0);
	assert_int_equal(m.pins[0], 0);
	assert_int_equal(real_page(PAGE(3))->kind, REAL_ANON);
}

static void validate_knows_its_flags(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0), 4096, R,
			     MAP_SHARED_VALIDATE | MAP_FIXED | 0x80000, O_RDWR),
			 -EOPNOTSUPP);
	/* It does not know this flag; that is so for every file on Linux. */
	assert_int_equal(map(PAGE(0), 4096, R,
			     MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, O_RDWR),
			 -EOPNOTSUPP);
	assert_int_equal(map(PAGE(0), 4096, R, MAP_SHARED_VALIDATE | MAP_FIXED,
			     O_RDWR),
			 PAGE(0));
}

static void write_needs_a_writable_descriptor(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, RW, FIXED, O_RDONLY), -EACCES);
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDONLY), PAGE(2));
	assert_int_equal(m.mm.vmas[0].mayprot, RX);
}

static void write_only_descriptor_is_eacces(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, W, FIXED, O_WRONLY), -EACCES);
}

static void growsdown_is_einval(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED | MAP_GROWSDOWN, O_RDWR),
			 -EINVAL);
}

static void no_map_type_is_einval(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, R, MAP_FIXED, O_RDWR), -EINVAL);
}

static void provision_file_is_enodev(void **state)
{
	(void)state;
	m.encl->kind = SGX_FILE_PROVISION;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDWR), -ENODEV);
	assert_int_equal(map(PAGE(2), 4096, R, MAP_PRIVATE | MAP_FIXED, O_RDWR),
			 -ENODEV);
	assert_int_equal(map(PAGE(2), 4096, W, FIXED, O_RDONLY), -EACCES);
}

static void before_create_anything_goes(void **state)
{
	(void)state;
	assert_int_equal(map(ELSEWHERE, 4096, X, FIXED, O_RDWR), ELSEWHERE);
	assert_int_equal(real_page(ELSEWHERE)->kind, REAL_NONE);
	assert_int_equal(sgx_munmap(&m.mm, ELSEWHERE, 4096), 0);
	assert_int_equal(real_page(ELSEWHERE)->kind, REAL_FREE);
}

static void before_init_the_range_is_free(void **state)
{
	(void)state;
	assert_int_equal(map(ELSEWHERE, 4096, RWX, FIXED, O_RDWR), ELSEWHERE);
	assert_int_equal(map(ENCL_BASE - 4096, 8192, RWX, FIXED, O_RDWR),
			 ENCL_BASE - 4096);
	assert_int_equal(real_page(ENCL_BASE - 4096)->kind, REAL_NONE);
	assert_int_equal(real_page(ENCL_BASE)->kind, REAL_EPC);
}

static void after_init_outside_elrange_is_eacces(void **state)
{
	(void)state;
	assert_int_equal(map(ELSEWHERE, 4096, R, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(ENCL_BASE - 4096, 8192, 0, FIXED, O_RDWR),
			 -EACCES);
	assert_int_equal(map(PAGE(63), 8192, 0, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(PAGE(63), 4096, RWX, FIXED, O_RDWR), PAGE(63));
}

static void no_more_than_the_pages_maximum(void **state)
{
	static const struct {
		unsigned page;
		int max;
	} pages[] = {
		{ 0, RW },  { 1, R }, { 2, RW },  { 4, RX },
		{ 5, RWX }, { 6, X }, { 7, RWX }, /* not added: no limit */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		uint64_t addr = PAGE(pages[i].page);

		for (int prot = 0; prot <= RWX; prot++)
			assert_int_equal(map(addr, 4096, prot, FIXED, O_RDWR),
					 prot & ~pages[i].max ? -EACCES :
								(int64_t)addr);
	}
}

static void one_page_refuses_for_all(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(1), 2 * 4096, RW, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(PAGE(2), 2 * 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(map(PAGE(5), 50 * 4096, X, FIXED, O_RDWR), PAGE(5));
}

static void refused_fixed_mapping_leaves_a_hole(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(1), 3 * 4096, R, FIXED, O_RDWR), PAGE(1));
	assert_int_equal(map(PAGE(2), 4096, X, FIXED, O_RDWR), -EACCES);
	assert_int_equal(real_page(PAGE(1))->kind, REAL_EPC);
	assert_int_equal(real_page(PAGE(2))->kind, REAL_FREE);
	assert_int_equal(real_page(PAGE(3))->kind, REAL_EPC);
	assert_null(sgx_find_vma(&m.mm, PAGE(2)));
	assert_int_equal(m.mm.nr_vmas, 2);
}

static void refusal_by_the_file_leaves_the_old_mapping(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(map(PAGE(2), 4096, W, FIXED, O_RDONLY), -EACCES);
	assert_non_null(sgx_find_vma(&m.mm, PAGE(2)));
	assert_int_equal(real_page(PAGE(2))->kind, REAL_EPC);
}

static void real_protection_is_page_tables_and_epcm(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(0), 64 * 4096, R, FIXED, O_RDWR), -EACCES);
	assert_int_equal(map(PAGE(2), 4 * 4096, R, FIXED, O_RDWR), PAGE(2));
	for (unsigned i = 2; i < 6; i++)
		assert_int_equal(real_page(PAGE(i))->prot, R);
	/* One call for each run of equal pages. */
	assert_int_equal(m.protect_calls, 1);
	/* No access to a TCS; an execute-only page cannot be read. */
	assert_int_equal(map(PAGE(0), 4096, RW, FIXED, O_RDWR), PAGE(0));
	assert_int_equal(real_page(PAGE(0))->prot, PROT_NONE);
	assert_int_equal(map(PAGE(6), 4096, X, FIXED, O_RDWR), PAGE(6));
	assert_int_equal(real_page(PAGE(6))->prot, X);
	/* On x86, executable pages can be read. */
	assert_int_equal(map(PAGE(4), 4096, X, FIXED, O_RDWR), PAGE(4));
	assert_int_equal(real_page(PAGE(4))->prot, RX);
	assert_int_equal(map(PAGE(7), 4096, RWX, FIXED, O_RDWR), PAGE(7));
	assert_int_equal(real_page(PAGE(7))->prot, PROT_NONE);
}

static void unfixed_goes_where_the_host_has_room(void **state)
{
	int64_t addr = map(0, 3 * 4096, R, MAP_SHARED, O_RDWR);

	(void)state;
	assert_int_equal(addr, ELSEWHERE);
	assert_int_equal(map(0, 4096, R, MAP_SHARED, O_RDWR),
			 ELSEWHERE + 3 * 4096);
}

static void first_mapping_pins_last_unpins(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(map(PAGE(3), 4096, R, FIXED, O_RDWR), PAGE(3));
	assert_int_equal(m.pins[0], 1);
	assert_int_equal(m.last_pin_fd, ENCL_FD);
	assert_int_equal(sgx_munmap(&m.mm, PAGE(2), 4096), 0);
	assert_int_equal(m.pins[0], 1);
	assert_int_equal(sgx_munmap(&m.mm, PAGE(3), 4096), 0);
	assert_int_equal(m.pins[0], 0);
}

static void failed_pin_is_enomem_and_a_hole(void **state)
{
	(void)state;
	m.fail_pin = true;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDWR), -ENOMEM);
	assert_int_equal(real_page(PAGE(2))->kind, REAL_FREE);
	assert_int_equal(m.mm.nr_vmas, 0);
}

static void failed_host_mapping_is_undone(void **state)
{
	(void)state;
	m.fail_map = true;
	assert_int_equal(map(PAGE(2), 4096, R, FIXED, O_RDWR), -ENOMEM);
	assert_int_equal(m.mm.nr_vmas, 0);
	assert_int_equal(m.pins[0], 0);
}

/* A mapping is older than CREATE, and the host cannot map the EPC there. */
static void failed_host_mapping_is_made_when_it_is_used(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 8192, RW, FIXED, O_RDWR), PAGE(2));
	m.fail_map = true;
	assert_int_equal(create(), 0);
	standard_pages();
	sgx_resync(&m.mm);
	assert_int_equal(real_page(PAGE(2))->kind, REAL_NONE);
	assert_int_equal(real_page(PAGE(2))->prot, PROT_NONE);
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), -ENOMEM);
	m.fail_map = false;
	assert_int_equal(sgx_sync_page(&m.mm, PAGE(2)), 0);
	assert_int_equal(real_page(PAGE(2))->kind, REAL_EPC);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
}

static void munmap_keeps_the_enclave(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(sgx_munmap(&m.mm, PAGE(2), 4096), 0);
	assert_int_equal(m.encl->page_cnt, 7);
	assert_int_equal(map(PAGE(2), 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(real_page(PAGE(2))->prot, RW);
}

static void munmap_errors_are_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(sgx_munmap(&m.mm, PAGE(2), 0), -EINVAL);
	assert_int_equal(sgx_munmap(&m.mm, PAGE(2) + 1, 4096), -EINVAL);
	assert_non_null(sgx_find_vma(&m.mm, PAGE(2)));
}

static void other_mmap_replaces_enclave_mappings(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 2 * 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(sgx_mmap_other(&m.mm, PAGE(3), 100, RW,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
					-1, 0),
			 PAGE(3));
	assert_non_null(sgx_find_vma(&m.mm, PAGE(2)));
	assert_null(sgx_find_vma(&m.mm, PAGE(3)));
	assert_int_equal(real_page(PAGE(3))->kind, REAL_ANON);
}

static void other_mmap_without_fixed_replaces_nothing(void **state)
{
	(void)state;
	assert_int_equal(map(PAGE(2), 2 * 4096, RW, FIXED, O_RDWR), PAGE(2));
	assert_int_equal(sgx_mmap_other(&m.mm, PAGE(3), 4096, RW,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 ELSEWHERE);
	assert_int_equal(sgx_mmap_other(&m.mm, PAGE(3), 4096, RW,
					MAP_PRIVATE | MAP_ANONYMOUS |
						MAP_FIXED_NOREPLACE,
					-1, 0),
			 -EEXIST);
	assert_non_null(sgx_find_vma(&m.mm, PAGE(3)));
}

/* Was this part of a table ever accessed?  Tables begin without memory. */
static bool is_resident(const void *p)
{
	uint8_t *page = (uint8_t *)((uintptr_t)p & SGX_PAGE_MASK), in_core;

	assert_int_equal(mincore(page, SGX_PAGE_SIZE, &in_core), 0);
	return in_core & 1;
}

/* An ELRANGE of 1 TiB, as Gramine's, is not searched page by page. */
static void huge_mapping_is_quick(void **state)
{
	struct sgx_secs secs = standard_secs();

	(void)state;
	secs.size = 1ull << 40;
	secs.baseaddr = 0;
	assert_int_equal(create_with(&secs), 0);
	assert_int_equal(add_pages(ENCL_BASE, 0x3000, SECINFO_REG(RW), 0, NULL),
			 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(map(0x10000, (1ull << 40) - 0x10000, RW, FIXED,
				     O_RDWR),
				 0x10000);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
	assert_int_equal(real_page(PAGE(3))->prot, PROT_NONE);
	/* In 2 MiB without pages, no entry is read; likewise in 1 GiB. */
	assert_true(is_resident(page_at(PAGE(2))));
	assert_false(is_resident(page_at(PAGE(2) + (16 << 20))));
	assert_false(is_resident(&m.mm.chunks[m.encl->epc_base >> 21]));
	assert_int_equal(map(0x10000, (1ull << 40) - 0x10000, RWX, FIXED,
			     O_RDWR),
			 -EACCES);
}

/* The search skips empty 2 MiB and 1 GiB, and must miss no page. */
static void pages_are_found_wherever_they_are(void **state)
{
	static const uint64_t at[] = {
		0,          0x1ff000,     0x200000,     0x3ffff000,
		0x40000000, 0x7fffffe000, 0x8000000000, 0xfffffff000,
	};
	struct sgx_secs secs = standard_secs();
	const uint64_t end = 1ull << 40;
	uint64_t found = 0;

	(void)state;
	secs.size = end;
	secs.baseaddr = 0;
	assert_int_equal(create_with(&secs), 0);
	assert_int_equal(sgx_encl_next_page(&m.mm, m.encl, 0, end), end);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(add_pages(at[i], 4096, SECINFO_REG(RW), 0,
					   NULL),
				 0);
	for (unsigned i = 0; i < 8; i++, found += 4096) {
		found = sgx_encl_next_page(&m.mm, m.encl, found, end);
		assert_int_equal(found, at[i]);
	}
	assert_int_equal(sgx_encl_next_page(&m.mm, m.encl, at[6] + 4096, at[7]),
			 at[7]);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)
#define ON_CREATED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_created, \
					machine_teardown)
#define ON_INITIALIZED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_initialized, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("mmap", "mm/mmap.c do_mmap()"),
	ROW("the offset is not page aligned", "EINVAL",
	    ON_OPEN(unaligned_offset_is_einval)),
	CITE("mm/mmap.c ksys_mmap_pgoff()"),
	ROW("MAP_HUGETLB", "EINVAL", ON_OPEN(huge_pages_are_einval)),
	CITE("mm/mmap.c do_mmap()"),
	ROW("the length is 0", "EINVAL", ON_OPEN(length_0_is_einval)),
	ROW("the length overflows, or is beyond the address space", "ENOMEM",
	    ON_OPEN(length_overflow_is_enomem),
	    ON_OPEN(length_beyond_the_address_space_is_enomem)),
	CITE("sgx/driver.c sgx_get_unmapped_area()"),
	ROW("MAP_PRIVATE", "EINVAL", ON_OPEN(private_is_einval)),
	CITE("mm/mmap.c get_unmapped_area(), do_mmap()"),
	ROW("a fixed address beyond the address space", "ENOMEM",
	    ON_OPEN(fixed_beyond_the_address_space_is_enomem)),
	ROW("a fixed address that is not page aligned", "EINVAL",
	    ON_OPEN(fixed_unaligned_is_einval)),
	ROW("MAP_FIXED_NOREPLACE over a mapping", "EEXIST",
	    ON_OPEN(noreplace_over_a_mapping_is_eexist),
	    ON_OPEN(noreplace_over_other_memory_is_eexist)),
	ROW("the offset overflows", "EOVERFLOW",
	    ON_OPEN(offset_overflow_is_eoverflow)),
	ROW("MAP_SHARED_VALIDATE with unknown flags", "EOPNOTSUPP",
	    ON_OPEN(validate_knows_its_flags)),
	ROW("PROT_WRITE, the descriptor is read only", "EACCES",
	    ON_OPEN(write_needs_a_writable_descriptor)),
	ROW("the type of mapping is 0 or unknown", "EINVAL",
	    ON_OPEN(no_map_type_is_einval)),
	ROW("the descriptor is write only", "EACCES",
	    ON_OPEN(write_only_descriptor_is_eacces)),
	ROW("/dev/sgx_provision", "ENODEV", ON_OPEN(provision_file_is_enodev)),
	ROW("MAP_GROWSDOWN", "EINVAL", ON_OPEN(growsdown_is_einval)),
	CITE("mm/mmap.c mmap_region()"),
	ROW("a check above fails, MAP_FIXED", "the old mapping stays",
	    ON_INITIALIZED(refusal_by_the_file_leaves_the_old_mapping)),
	ROW("a check below fails, MAP_FIXED", "a hole",
	    ON_INITIALIZED(refused_fixed_mapping_leaves_a_hole)),
	CITE("sgx/encl.c sgx_encl_may_map()"),
	ROW("before INIT", "any address, any permission",
	    ON_OPEN(before_create_anything_goes),
	    ON_CREATED(before_init_the_range_is_free)),
	ROW("after INIT, not within ELRANGE", "EACCES",
	    ON_INITIALIZED(after_init_outside_elrange_is_eacces)),
	ROW("the personality READ_IMPLIES_EXEC", "EACCES",
	    ON_OPEN(read_implies_exec_is_eacces)),
	ROW("PR_SET_MDWE: writable code", "EACCES",
	    ON_OPEN(writable_code_is_eacces)),
	ROW("more than a page's maximum", "EACCES",
	    ON_INITIALIZED(no_more_than_the_pages_maximum),
	    ON_INITIALIZED(one_page_refuses_for_all)),
	CITE("sgx/driver.c sgx_mmap()"),
	ROW("no memory", "ENOMEM",
	    ON_INITIALIZED(failed_pin_is_enomem_and_a_hole),
	    ON_INITIALIZED(failed_host_mapping_is_undone)),
	TESTS(ON_OPEN(failed_host_mapping_is_made_when_it_is_used)),
	ROW("the offset", "ignored", ON_INITIALIZED(offset_is_ignored)),
	ROW("no address is given", "the host chooses",
	    ON_OPEN(unfixed_goes_where_the_host_has_room)),
	ROW("none of these", "pages by their address",
	    ON_INITIALIZED(real_protection_is_page_tables_and_epcm),
	    ON_INITIALIZED(first_mapping_pins_last_unpins),
	    ON_OPEN(huge_mapping_is_quick),
	    ON_OPEN(pages_are_found_wherever_they_are)),
	SUBJECT("munmap", "mm/mmap.c do_mas_munmap()"),
	ROW("bad arguments", "as of other memory",
	    ON_INITIALIZED(munmap_errors_are_the_hosts)),
	ROW("none of these", "the enclave stays as it is",
	    ON_INITIALIZED(munmap_keeps_the_enclave)),
	SUBJECT("mmap of other memory", "mm/mmap.c mmap_region()"),
	ROW("MAP_FIXED over an enclave mapping", "replaces it",
	    ON_INITIALIZED(other_mmap_replaces_enclave_mappings)),
	ROW("without MAP_FIXED", "replaces nothing",
	    ON_INITIALIZED(other_mmap_without_fixed_replaces_nothing)),
};

CONFORM_MAIN(rows, NULL)
