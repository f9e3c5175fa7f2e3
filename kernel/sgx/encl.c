/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave objects: which pages an enclave has, what may be mapped, and its end.
 * After Linux 6.1 sgx/encl.c sgx_encl_may_map(), sgx_encl_release().
 */
#include "kernel/sgx/encl.h"

#include <asm/errno.h>

#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "kernel/sgx/encls.h"
#include "kernel/machine/section.h"

static bool in_elrange(const struct sgx_encl *encl, uint64_t addr)
{
	return (sgx_encl_flags(encl) & SGX_ENCL_CREATED) &&
	       addr - encl->base < encl->size;
}

static bool page_added(const struct sgx_encl_page *page)
{
	/* Pairs with sgx_encl_insert_page(): what it says is then complete. */
	return __atomic_load_n(&page->added, __ATOMIC_ACQUIRE);
}

struct sgx_encl_page *sgx_encl_find_page(struct sgx_mm *mm,
					 const struct sgx_encl *encl,
					 uint64_t addr, uint64_t *pa)
{
	struct sgx_encl_page *page;

	if (!in_elrange(encl, addr))
		return NULL;
	*pa = sgx_encl_pa(encl, addr & SGX_PAGE_MASK);
	page = &mm->pages[*pa >> SGX_PAGE_SHIFT];
	return page_added(page) ? page : NULL;
}

/* [addr, end) cut down to ELRANGE; empty if nothing is left. */
static void clip_to_elrange(const struct sgx_encl *encl, uint64_t *addr,
			    uint64_t *end)
{
	uint64_t limit = encl->base + encl->size;

	if (!(sgx_encl_flags(encl) & SGX_ENCL_CREATED)) {
		*addr = *end;
		return;
	}
	if (*addr < encl->base)
		*addr = encl->base;
	if (*end > limit)
		*end = limit;
}

/*
 * How far it is from pa to the next place that may have a page: 0, or to the
 * end of the emptiness about it.
 */
static uint64_t emptiness(const struct sgx_mm *mm, uint64_t pa)
{
	if (!__atomic_load_n(&mm->regions[pa / SGX_REGION_SIZE],
			     __ATOMIC_ACQUIRE))
		return SGX_REGION_SIZE - pa % SGX_REGION_SIZE;
	if (!__atomic_load_n(&mm->chunks[pa / SGX_CHUNK_SIZE],
			     __ATOMIC_ACQUIRE))
		return SGX_CHUNK_SIZE - pa % SGX_CHUNK_SIZE;
	if (!page_added(&mm->pages[pa >> SGX_PAGE_SHIFT]))
		return SGX_PAGE_SIZE;
	return 0;
}

uint64_t sgx_encl_next_page(struct sgx_mm *mm, const struct sgx_encl *encl,
			    uint64_t addr, uint64_t end)
{
	uint64_t stop = end, step;

	clip_to_elrange(encl, &addr, &stop);
	while (addr < stop) {
		step = emptiness(mm, sgx_encl_pa(encl, addr));
		if (!step)
			return addr;
		addr += step;
	}
	return end;
}

void sgx_encl_insert_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
			  unsigned type, unsigned vm_max_prot)
{
	struct sgx_encl_page *page = &mm->pages[pa >> SGX_PAGE_SHIFT];

	page->type = type;
	page->vm_max_prot = vm_max_prot;
	__atomic_store_n(&page->flags, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&mm->regions[pa / SGX_REGION_SIZE], 1,
			   __ATOMIC_RELEASE);
	__atomic_fetch_add(&mm->chunks[pa / SGX_CHUNK_SIZE], 1,
			   __ATOMIC_RELEASE);
	__atomic_store_n(&page->added, 1, __ATOMIC_RELEASE);
	encl->page_cnt++;
	encl->secs_child_cnt++;
}

void sgx_encl_erase_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	struct sgx_encl_page *page = &mm->pages[pa >> SGX_PAGE_SHIFT];

	__atomic_store_n(&page->added, 0, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&mm->chunks[pa / SGX_CHUNK_SIZE], 1,
			   __ATOMIC_RELEASE);
	__atomic_fetch_sub(&mm->regions[pa / SGX_REGION_SIZE], 1,
			   __ATOMIC_RELEASE);
	encl->page_cnt--;
	if (!(sgx_page_flags(page) & SGX_PAGE_EVICTED))
		encl->secs_child_cnt--;
}

int sgx_encl_may_map(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end, int prot)
{
	uint64_t addr, pa;

	/* Before INIT the range is free: even the ELRANGE may be unknown. */
	if ((sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED) &&
	    (start < encl->base || end > encl->base + encl->size))
		return sgx_refuse(mm, -EACCES, "ELRANGE begins at %x and is of "
				  "%x bytes: a mapping at %x leaves it",
				  encl->base, encl->size, start);
	if (mm->host->read_implies_exec())
		return sgx_refuse(mm, -EACCES, "the program's personality has "
				  "READ_IMPLIES_EXEC");
	for (addr = sgx_encl_next_page(mm, encl, start, end); addr < end;
	     addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end)) {
		struct sgx_encl_page *page =
			sgx_encl_find_page(mm, encl, addr, &pa);

		if (page && (prot & ~page->vm_max_prot))
			return sgx_refuse(mm, -EACCES, "the page at %x was "
					  "added with %p, asked is %p", addr,
					  page->vm_max_prot, prot);
	}
	return 0;
}

/*
 * No reference to the enclave is left, so a lock on the entry is that of a
 * process killed in the enclave.
 */
static int remove_epc_page(struct sgx_mm *mm, struct lp *lp, uint64_t pa)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	__atomic_store_n(&epcm->lock, 0, __ATOMIC_RELEASE);
	return __eremove(lp, epc_ptr(&mm->cpu, pa));
}

/*
 * DEVIATION DK1: a SECS that EREMOVE refuses, because pages of its were lost
 * singly and still count, is made invalid; Linux leaks it, with a warning.
 */
static void remove_secs(struct sgx_mm *mm, struct lp *lp, uint64_t pa)
{
	if (remove_epc_page(mm, lp, pa))
		epcm_invalidate(epcm_of(&mm->cpu, pa));
}

static void remove_pages(struct sgx_mm *mm, struct sgx_encl *encl,
			 struct lp *lp)
{
	uint64_t end = encl->base + encl->size, addr, pa;

	for (addr = sgx_encl_next_page(mm, encl, encl->base, end); addr < end;
	     addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end)) {
		pa = sgx_encl_pa(encl, addr);
		remove_epc_page(mm, lp, pa);
		sgx_encl_erase_page(mm, encl, pa);
	}
}

/* Who was killed in it and had no number, so that nobody buried him. */
static void forget_entered(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint32_t n = processors_bound(&mm->cpu);

	for (uint32_t i = 0; i < n; i++) {
		struct processor *p = &mm->cpu.processors[i];

		if (__atomic_load_n(&p->who, __ATOMIC_SEQ_CST) &&
		    p->secs == encl->secs_pa)
			processor_clear(p);
	}
}

/* Resident or not: EREMOVE of a page that is not valid does nothing. */
static void remove_all(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct lp lp = { .cpu = &mm->cpu };

	/* Killed as the space was taken or given back: nothing is there. */
	if (encl->secs_pa == EPC_NONE || encl->epc_base == EPC_NONE) {
		encl->secs_pa = encl->epc_base = EPC_NONE;
		return;
	}
	if (sgx_encl_flags(encl) & SGX_ENCL_CREATED) {
		forget_entered(mm, encl);
		remove_pages(mm, encl, &lp);
	}
	sgx_encl_free_va(mm, encl);
	remove_secs(mm, &lp, encl->secs_pa);
	sgx_page_at(mm, encl->secs_pa)->flags = 0;
	sgx_epc_release(mm, encl);
}

static int release_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_encl *encl = arg;

	remove_all(mm, encl);
	sgx_settle_epc_pages(mm, encl, 0);
	encl->token_ino = 0;
	__atomic_store_n(&encl->kind, SGX_FILE_NONE, __ATOMIC_RELEASE);
	return 0;
}

/* Somebody may be writing its pages out: hence the lock. */
void sgx_encl_release(struct sgx_mm *mm, struct sgx_encl *encl)
{
	sgx_locked(mm, encl, release_locked, encl);
}

bool sgx_encl_try_release(struct sgx_mm *mm, struct sgx_encl *encl)
{
	return !sgx_trylocked(mm, encl, release_locked, encl);
}
