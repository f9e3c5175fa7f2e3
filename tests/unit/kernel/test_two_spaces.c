/* SPDX-License-Identifier: BSD-3-Clause */
/* Two address spaces that map one enclave, as after fork(). */
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "kernel/sgx/encl.h"
#include "sgx2.h"
#include "tests/conform/conform.h"

/*
 * The child's address space: a copy of the parent's.  Both have their real
 * mappings in m.real, so each test looks at one of them at a time.
 */
static struct sgx_mm child;

static int setup(void **state)
{
	machine_setup_sgx2_inside(state);
	child = m.mm;
	child.vmas = m.host.alloc_pages(65536);
	memcpy(child.vmas, m.mm.vmas, m.mm.nr_vmas * sizeof(*m.mm.vmas));
	child.lock.word = 7; /* as a parent's thread held it */
	return 0;
}

static int teardown(void **state)
{
	m.host.free_pages(child.vmas, 65536);
	return machine_teardown(state);
}

static void address_spaces_are_counted(void **state)
{
	(void)state;
	assert_int_equal(m.encl->nr_mms, 1);
	sgx_dup_mm(&child);
	assert_false(sgx_lock_is_held(&child.lock));
	assert_int_equal(m.encl->nr_mms, 2);
	sgx_munmap(&child, ENCL_BASE, ENCL_SIZE);
	assert_int_equal(m.encl->nr_mms, 1);
	/* A second mapping of the enclave does not count again. */
	assert_int_equal(sgx_munmap(&m.mm, PAGE(20), 4096), 0);
	assert_int_equal(m.encl->nr_mms, 1);
	assert_int_equal(map_fixed(PAGE(20), 4096, RW), PAGE(20));
	assert_int_equal(m.encl->nr_mms, 1);
	sgx_munmap(&m.mm, ENCL_BASE, ENCL_SIZE);
	assert_int_equal(m.encl->nr_mms, 0);
}

static void madv_dontfork_is_not_counted(void **state)
{
	int64_t ret;

	(void)state;
	assert_int_equal(sgx_madvise(&m.mm, ENCL_BASE, ENCL_SIZE, MADV_DONTFORK,
				     &ret),
			 0);
	memcpy(child.vmas, m.mm.vmas, m.mm.nr_vmas * sizeof(*m.mm.vmas));
	sgx_dup_mm(&child);
	assert_int_equal(child.nr_vmas, 0);
	assert_int_equal(m.encl->nr_mms, 1);
}

/* What the parent did between fork() and the child's first step. */
static void stale_mappings_are_mended_in_the_child(void **state)
{
	(void)state;
	write_byte(PAGE(5), 5);
	exit_by_leaf(&m.lp);
	evict(PAGE(5));
	real_page(PAGE(5))->prot = RWX; /* the child's, copied before */
	sgx_dup_mm(&child);
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
}

static void eviction_reaches_the_other_space(void **state)
{
	(void)state;
	write_byte(PAGE(5), 5);
	exit_by_leaf(&m.lp);
	sgx_dup_mm(&child);
	m.mm.nr_vmas = 0; /* the mappings in m.real are the child's */
	m.ipis = 0;
	evict(PAGE(5));
	/* No thread runs there: the child follows before one does. */
	assert_int_equal(m.ipis, 0);
	sgx_resync_if_due(&child);
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
}

static void eviction_interrupts_the_other_space(void **state)
{
	struct lp running;

	(void)state;
	write_byte(PAGE(5), 5);
	exit_by_leaf(&m.lp);
	sgx_dup_mm(&child);
	m.mm.nr_vmas = 0;
	m.other = &child;
	bystander_enters(&running);
	m.ipis = 0;
	evict(PAGE(5));
	assert_int_equal(m.ipis, 1);
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
}

/* A child that runs follows on its way back to the enclave's code. */
static void mappings_are_updated_before_a_resume(void **state)
{
	struct lp running;

	(void)state;
	write_byte(PAGE(5), 5);
	exit_by_leaf(&m.lp);
	sgx_dup_mm(&child);
	m.mm.nr_vmas = 0;
	bystander_enters(&running);
	processor_park(&running);
	evict(PAGE(5));
	assert_int_equal(real_page(PAGE(5))->prot, RWX);
	assert_false(sgx_processor_resume(&child, &running));
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
}

static void narrowing_reaches_the_other_space(void **state)
{
	(void)state;
	write_byte(PAGE(5), 5);
	exit_by_leaf(&m.lp);
	sgx_dup_mm(&child);
	m.mm.nr_vmas = 0;
	assert_int_equal(real_page(PAGE(5))->prot, RWX);
	check_answer(restrict_pages(0x5000, 4096, R), 0, 0, 4096);
	sgx_resync_if_due(&child);
	assert_int_equal(real_page(PAGE(5))->prot, R);
}

/* A process that has the file but no mapping must tell those that map it. */
static void caller_without_a_mapping_interrupts_the_mapper(void **state)
{
	(void)state;
	m.ipis = 0;
	child.nr_vmas = 0;
	m.other = &m.mm;
	child.lock.word = 0;
	assert_true(sgx_encl_mapped_elsewhere(&child, m.encl));
	assert_false(sgx_encl_mapped_elsewhere(&m.mm, m.encl));
	/* It is in the current epoch: nobody waits for it. */
	sgx_encl_ipi(&child, m.encl);
	assert_int_equal(m.ipis, 0);
	assert_true(secs_track(&m.mm.cpu, m.encl->secs_pa));
	sgx_encl_ipi(&child, m.encl);
	assert_int_equal(m.ipis, 1);
	sgx_encl_ipi(&child, m.encl);
	assert_int_equal(m.ipis, 1);
}

/* A removed page must not stay reachable where it was mapped. */
static void resync_takes_access_to_removed_pages(void **state)
{
	(void)state;
	write_byte(PAGE(5), 5);
	check_answer(modify_pages(0x5000, 4096, PT_TRIM), 0, 0, 4096);
	assert_int_equal(accept_page(PAGE(5), 0x410), 0);
	check_answer(remove_pages(0x5000, 4096), 0, 0, 4096);
	real_page(PAGE(5))->prot = RWX;
	real_page(PAGE(30))->prot = RWX;
	sgx_resync(&m.mm);
	assert_int_equal(real_page(PAGE(5))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(30))->prot, PROT_NONE);
	assert_int_equal(real_page(PAGE(2))->prot, RW);
}

#define TWO(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static const struct conform rows[] = {
	SUBJECT("fork", "sgx/encl.c sgx_encl_mm_add(), sgx_vma_open()"),
	ROW("a child", "shares the enclave", TWO(address_spaces_are_counted),
	    TWO(stale_mappings_are_mended_in_the_child)),
	ROW("MADV_DONTFORK", "the child has no mapping",
	    TWO(madv_dontfork_is_not_counted)),
	SUBJECT("several address spaces", "sgx/encl.c sgx_zap_enclave_ptes()"),
	ROW("a page is evicted, restricted or removed", "in all of them",
	    TWO(eviction_reaches_the_other_space),
	    TWO(eviction_interrupts_the_other_space),
	    TWO(mappings_are_updated_before_a_resume),
	    TWO(narrowing_reaches_the_other_space),
	    TWO(caller_without_a_mapping_interrupts_the_mapper),
	    TWO(resync_takes_access_to_removed_pages)),
};

CONFORM_MAIN(rows, NULL)
