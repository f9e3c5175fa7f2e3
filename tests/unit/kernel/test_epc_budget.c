/* SPDX-License-Identifier: BSD-3-Clause */
/* The EPC as a budget, its address space, the slots, the platform file. */
#include "fixture.h"
#include "kernel/sgx/encl.h"
#include "tests/conform/conform.h"

static struct sgx_encl *another(uint64_t ino)
{
	int index = sgx_open(&m.mm, SGX_FILE_ENCLAVE, ino);

	assert_true(index >= 0);
	return &m.shared->encls[index];
}

static uint64_t used(void)
{
	return m.shared->epc_total_pages - m.shared->epc_free_pages;
}

static void every_page_is_charged(void **state)
{
	(void)state;
	/* SECS and version array. */
	assert_int_equal(used(), 2);
	standard_pages();
	assert_int_equal(used(), 9);
	assert_int_equal(m.encl->epc_pages, 9);
}

/* One for 512 pages, the SECS among them. */
static void version_arrays_are_charged(void **state)
{
	struct sgx_secs secs = standard_secs();

	(void)state;
	machine_set_epc_pages(2048);
	secs.size = 0x400000;
	secs.baseaddr = WINDOW + 0x400000;
	assert_int_equal(create_with(&secs), 0);
	assert_int_equal(add_pages(0, 511 * 4096, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(used(), 511 + 2);
	assert_int_equal(m.encl->nr_va, 1);
	assert_int_equal(add_pages(511 * 4096, 4096, SECINFO_REG(R), 0, NULL),
			 0);
	assert_int_equal(used(), 512 + 3);
	assert_int_equal(m.encl->nr_va, 2);
	assert_int_equal(epcm_of(&m.mm.cpu, m.encl->secs_pa - 0x2000)->pt,
			 PT_VA);
}

static void an_enclave_larger_than_the_epc_is_built(void **state)
{
	uint64_t done;

	(void)state;
	machine_set_epc_pages(11);
	assert_int_equal(create(), 0);
	assert_int_equal(add_pages(0, 0x40000, SECINFO_REG(R), 0, &done), 0);
	assert_int_equal(done, 0x40000);
	assert_int_equal(m.encl->page_cnt, 64);
	assert_in_range(used(), 3, 11);
	assert_int_equal(m.encl->epc_pages, used());
}

/* Enclaves of which nothing can leave: a SECS and its version array. */
static void epc_full_of_pages_that_stay_is_enomem(void **state)
{
	struct sgx_encl *first;

	(void)state;
	machine_set_epc_pages(3);
	first = m.encl;
	assert_int_equal(create(), 0);
	m.encl = another(2000);
	assert_int_equal(create(), -ENOMEM);
	assert_int_equal(m.encl->epc_pages, 0);
	assert_int_equal(m.shared->epc_free_pages, 1);
	m.encl = first;
	assert_int_equal(add_pages(0, 0x3000, SECINFO_REG(R), 0, NULL), 0);
	assert_int_equal(m.shared->epc_free_pages, 0);
}

static void reaping_makes_room(void **state)
{
	uint64_t done;

	(void)state;
	m.shared->epc_free_pages = 0;
	m.reap_frees = true;
	assert_int_equal(add_pages(0, 0x1000, SECINFO_REG(R), 0, &done), 0);
	assert_int_equal(done, 0x1000);
	assert_int_equal(m.reaps, 1);
	/* And what was found is charged, as ever. */
	assert_int_equal(m.encl->epc_pages, 3);
	assert_int_equal(m.shared->epc_free_pages, 0);
}

/* Do two enclaves share physical addresses? */
static bool overlap(const struct sgx_encl *a, const struct sgx_encl *b)
{
	return a->secs_pa < b->epc_base + b->size &&
	       b->secs_pa < a->epc_base + a->size;
}

static void enclaves_lie_apart(void **state)
{
	static const uint64_t sizes[] = { 0x2000, 0x400000, 0x1000, 0x200000 };
	struct sgx_encl *encls[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		encls[i] = another(2000 + i);
		assert_int_equal(sgx_epc_reserve(&m.mm, encls[i], sizes[i]), 0);
		assert_int_equal(encls[i]->epc_base % SGX_CHUNK_SIZE, 0);
		assert_true(encls[i]->secs_pa >= SGX_PAGE_SIZE);
		assert_false(overlap(encls[i], m.encl));
		for (unsigned k = 0; k < i; k++)
			assert_false(overlap(encls[i], encls[k]));
	}
}

static void freed_space_is_used_again(void **state)
{
	struct sgx_encl *a = another(2000), *b = another(2001);
	uint64_t base;

	(void)state;
	assert_int_equal(sgx_epc_reserve(&m.mm, a, 1 << 22), 0);
	base = a->epc_base;
	assert_int_equal(sgx_epc_reserve(&m.mm, b, 1 << 21), 0);
	sgx_epc_release(&m.mm, a);
	assert_int_equal(a->epc_base, EPC_NONE);
	/* a has [4 MiB, 10 MiB); what is beyond the EPC's 8 MiB goes. */
	assert_int_equal(m.discarded, 1 << 21);
	assert_int_equal(sgx_epc_reserve(&m.mm, a, 1 << 21), 0);
	assert_int_equal(a->epc_base, base);
	/* Too large for what is left of the gap. */
	assert_int_equal(sgx_epc_reserve(&m.mm, another(2002), 1 << 22), 0);
	assert_true(m.shared->encls[3].epc_base > b->epc_base);
}

static void address_space_ends(void **state)
{
	(void)state;
	assert_int_equal(sgx_epc_reserve(&m.mm, another(2000), EPC_SPAN / 2),
			 0);
	assert_int_equal(sgx_epc_reserve(&m.mm, another(2001), EPC_SPAN / 2),
			 -ENOMEM);
	assert_int_equal(sgx_epc_reserve(&m.mm, another(2002), EPC_SPAN * 2),
			 -ENOMEM);
}

static void full_address_space_is_enomem(void **state)
{
	uint64_t size = EPC_SPAN / 2, ino = 2000;

	(void)state;
	while (size >= SGX_CHUNK_SIZE) {
		if (sgx_epc_reserve(&m.mm, another(ino++), size))
			size /= 2;
	}
	assert_int_equal(create(), -ENOMEM);
	assert_int_equal(m.encl->flags, 0);
	assert_int_equal(m.encl->epc_pages, 0);
	assert_int_equal(used(), 0);
}

/* What a process does not reach it cannot be given. */
static void room_ends_where_reach_does(void **state)
{
	struct sgx_encl *a = another(2000), *b = another(2001);

	(void)state;
	m.mm.reach = 16ull << 20;
	assert_int_equal(sgx_epc_reserve(&m.mm, a, 16 << 20), -ENOMEM);
	assert_int_equal(sgx_epc_reserve(&m.mm, a, 8 << 20), 0);
	assert_true(sgx_encl_in_reach(&m.mm, a));
	assert_int_equal(sgx_epc_reserve(&m.mm, b, 8 << 20), -ENOMEM);
	m.mm.reach = 64ull << 20;
	assert_int_equal(sgx_epc_reserve(&m.mm, b, 8 << 20), 0);
	m.mm.reach = 16ull << 20;
	assert_false(sgx_encl_in_reach(&m.mm, b));
}

/* An enclave that another process made is, out of reach, one without pages. */
static void out_of_reach_nothing_is_touched(void **state)
{
	uint64_t base = m.encl->base, end = base + m.encl->size, pa;

	(void)state;
	standard_pages();
	assert_non_null(sgx_encl_find_page(&m.mm, m.encl, base, &pa));
	m.mm.reach = m.encl->epc_base;
	m.mm.pages = NULL;
	m.mm.chunks = NULL;
	m.mm.regions = NULL;
	assert_null(sgx_encl_find_page(&m.mm, m.encl, base, &pa));
	assert_int_equal(sgx_encl_next_page(&m.mm, m.encl, base, end), end);
	assert_int_equal(add_pages(0x8000, 4096, SECINFO_REG(R), 0, NULL),
			 -ENOMEM);
	assert_int_equal(map_fixed(base, 0x1000, PROT_READ), -ENOMEM);
	m.shared->epc_free_pages = 0;
	assert_int_equal(sgx_make_room(&m.mm), -ENOMEM);
}

/* Each table has an entry for each page, and none of another's. */
static void parts_are_apart_and_enough(void **state)
{
	struct sgx_part p[SGX_PARTS];
	uint64_t reach;

	(void)state;
	for (reach = SGX_REACH_UNIT; reach < EPC_SPAN; reach *= 2) {
		assert_int_equal(sgx_platform_parts(reach, p), SGX_PARTS);
		for (unsigned i = 1; i < SGX_PARTS; i++)
			assert_true(p[i - 1].offset + p[i - 1].len <=
				    p[i].offset);
		assert_int_equal(p[1].len, reach / 128);
		assert_int_equal(p[SGX_PARTS - 1].offset, PLATFORM_OFF_EPC);
		assert_int_equal(p[SGX_PARTS - 1].len, reach);
	}
	assert_int_equal(sgx_platform_parts(EPC_SPAN, p), 1);
	assert_int_equal(p[0].offset + p[0].len, PLATFORM_FILE_SIZE);
}

static void slots_are_found_by_token(void **state)
{
	(void)state;
	another(555);
	assert_ptr_equal(sgx_encl_of_token(m.shared, 1000), m.encl);
	assert_ptr_equal(sgx_encl_of_token(m.shared, 555), &m.shared->encls[1]);
	assert_null(sgx_encl_of_token(m.shared, 556));
	assert_int_equal(m.shared->nr_encls, 2);
}

static void full_table_is_enomem(void **state)
{
	(void)state;
	for (unsigned i = 1; i < SGX_MAX_ENCLAVES; i++)
		m.shared->encls[i].kind = SGX_FILE_ENCLAVE;
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_ENCLAVE, 9), -ENOMEM);
	m.shared->encls[77].kind = SGX_FILE_NONE;
	assert_int_equal(sgx_open(&m.mm, SGX_FILE_PROVISION, 9), 77);
	assert_int_equal(m.shared->encls[77].kind, SGX_FILE_PROVISION);
}

static void foreign_platform_files_are_refused(void **state)
{
	struct sgx_mm mm;

	(void)state;
	m.shared->version++;
	assert_int_equal(sgx_mm_init(&mm, m.shared, &m.host, NULL), -EINVAL);
	m.shared->version--;
	m.shared->header_size--;
	assert_int_equal(sgx_mm_init(&mm, m.shared, &m.host, NULL), -EINVAL);
	m.shared->header_size++;
	m.shared->magic = 0;
	assert_int_equal(sgx_mm_init(&mm, m.shared, &m.host, NULL), -EINVAL);
	m.shared->magic = SGX_PLATFORM_MAGIC;
	assert_int_equal(sgx_mm_init(&mm, m.shared, &m.host, NULL), 0);
}

#define ON_OPEN(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)
#define ON_CREATED(f) \
	cmocka_unit_test_setup_teardown(f, machine_setup_created, \
					machine_teardown)

static const struct conform rows[] = {
	SUBJECT("allocation of EPC", "sgx/main.c sgx_alloc_epc_page()"),
	ROW("pages and version arrays", "are charged",
	    ON_CREATED(every_page_is_charged),
	    ON_OPEN(version_arrays_are_charged)),
	ROW("more pages than the EPC has", "others are reclaimed",
	    ON_OPEN(an_enclave_larger_than_the_epc_is_built)),
	ROW("nothing can be reclaimed", "ENOMEM",
	    ON_OPEN(epc_full_of_pages_that_stay_is_enomem),
	    ON_CREATED(reaping_makes_room)),
	TESTS(ON_CREATED(enclaves_lie_apart),
	      ON_OPEN(freed_space_is_used_again), ON_OPEN(address_space_ends),
	      ON_OPEN(full_address_space_is_enomem),
	      ON_OPEN(room_ends_where_reach_does),
	      ON_CREATED(out_of_reach_nothing_is_touched),
	      ON_OPEN(parts_are_apart_and_enough),
	      ON_OPEN(slots_are_found_by_token),
	      ON_OPEN(foreign_platform_files_are_refused)),
	SUBJECT("open", "sgx/driver.c sgx_open()"),
	ROW("no memory", "ENOMEM", ON_OPEN(full_table_is_enomem)),
};

CONFORM_MAIN(rows, NULL)
