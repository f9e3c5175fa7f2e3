/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages an enclave has, and what may be mapped.  After Linux 6.1
 * sgx/encl.c sgx_encl_may_map().
 */
#include "kernel/mm/encl_page.h"

#include <asm/errno.h>

/* What this address space does not reach are no pages, to it. */
static bool has_pages(const struct sgx_mm *mm, const struct sgx_encl *encl)
{
	return (sgx_encl_flags(encl) & SGX_ENCL_CREATED) &&
	       sgx_encl_in_reach(mm, encl);
}

static bool page_added(const struct sgx_encl_page *page)
{
	/* Pairs with sgx_encl_insert_page(): the other fields are complete. */
	return __atomic_load_n(&page->added, __ATOMIC_ACQUIRE);
}

struct sgx_encl_page *sgx_encl_find_page(struct sgx_mm *mm,
					 const struct sgx_encl *encl,
					 uint64_t addr, uint64_t *pa)
{
	struct sgx_encl_page *page;

	if (!has_pages(mm, encl) || addr - encl->base >= encl->size)
		return NULL;
	*pa = sgx_encl_pa(encl, addr & SGX_PAGE_MASK);
	page = &mm->pages[*pa >> SGX_PAGE_SHIFT];
	return page_added(page) ? page : NULL;
}

/* Cut [addr, end) down to ELRANGE.  It may be empty then. */
static void clip_to_elrange(const struct sgx_mm *mm,
			    const struct sgx_encl *encl, uint64_t *addr,
			    uint64_t *end)
{
	uint64_t limit = encl->base + encl->size;

	if (!has_pages(mm, encl)) {
		*addr = *end;
		return;
	}
	if (*addr < encl->base)
		*addr = encl->base;
	if (*end > limit)
		*end = limit;
}

/*
 * How far it is from pa to the next place that may have a page: 0, or as far as
 * the empty space around pa goes.
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

	clip_to_elrange(mm, encl, &addr, &stop);
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

	page->type = (uint8_t)type;
	page->vm_max_prot = (uint8_t)vm_max_prot;
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
		return sgx_refuse(mm, -EACCES,
				  "ELRANGE begins at %x and is of "
				  "%x bytes: a mapping at %x leaves it",
				  encl->base, encl->size, start);
	if (mm->host->read_implies_exec())
		return sgx_refuse(mm, -EACCES,
				  "the program's personality has "
				  "READ_IMPLIES_EXEC");
	for_each_encl_page(addr, mm, encl, start, end) {
		struct sgx_encl_page *page = sgx_encl_find_page(mm, encl, addr,
								&pa);

		if (page && (prot & ~page->vm_max_prot))
			return sgx_refuse(mm, -EACCES,
					  "the page at %x was "
					  "added with %p, asked is %p",
					  addr, page->vm_max_prot,
					  (uint32_t)prot);
	}
	return 0;
}
