/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages an enclave has.  Linux keeps them in encl->page_array; here they
 * are tables by EPC address in the platform file.  After Linux 6.1 sgx/encl.h.
 *
 * encl->lock guards changes; "locked" means that the caller holds it.  Lookups
 * need no lock: flags change in one store, and a page that is about to leave
 * the EPC is marked before it does.
 */
#ifndef SWSGX_KERNEL_MM_ENCL_PAGE_H
#define SWSGX_KERNEL_MM_ENCL_PAGE_H

#include "cpu/patch.h"
#include "kernel/platform/mm_types.h"

/* What one entry of chunks, and of regions, counts. */
#define SGX_CHUNK_SIZE  (1ull << 21)
#define SGX_REGION_SIZE (1ull << 30)

/* flags of struct sgx_encl_page */
#define SGX_PAGE_YOUNG           1u /* used recently */
#define SGX_PAGE_BEING_RECLAIMED 2u /* has no PTE, will leave */
#define SGX_PAGE_EVICTED         4u /* is in the backing store */
#define SGX_PAGE_ABSENT          (SGX_PAGE_BEING_RECLAIMED | SGX_PAGE_EVICTED)

static inline uint32_t sgx_encl_flags(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->flags, __ATOMIC_ACQUIRE);
}

/* ELRANGE.  False: there is none before ECREATE. */
static inline bool sgx_encl_elrange(const struct sgx_encl *encl,
				    struct sgx_range *elrange)
{
	if (!(sgx_encl_flags(encl) & SGX_ENCL_CREATED))
		return false;
	*elrange = (struct sgx_range){ encl->base, encl->base + encl->size };
	return true;
}

/* Cut [*start, *end) down to ELRANGE.  False: nothing is left. */
static inline bool sgx_encl_clip(const struct sgx_encl *encl, uint64_t *start,
				 uint64_t *end)
{
	if (*start < encl->base)
		*start = encl->base;
	if (*end > encl->base + encl->size)
		*end = encl->base + encl->size;
	return *start < *end;
}

/*
 * Can this address space touch the enclave's pages?  DEVIATION DK22: the EPC's
 * address space is finite, and smaller where a process has no room for it.
 */
#define SGX_OUT_OF_REACH \
	"it lies beyond the %x bytes of the EPC that " \
	"this process had room to map"
static inline bool sgx_encl_in_reach(const struct sgx_mm *mm,
				     const struct sgx_encl *encl)
{
	return encl->epc_base + encl->size <= mm->reach;
}

/* EPC address of the page at addr, which lies in ELRANGE. */
static inline uint64_t sgx_encl_pa(const struct sgx_encl *encl, uint64_t addr)
{
	return encl->epc_base + (addr - encl->base);
}

static inline struct sgx_encl_page *sgx_page_at(const struct sgx_mm *mm,
						uint64_t pa)
{
	return &mm->pages[pa >> SGX_PAGE_SHIFT];
}

static inline unsigned sgx_page_flags(const struct sgx_encl_page *page)
{
	return __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE);
}

/* The page is in the EPC and is not about to leave it. */
static inline bool sgx_page_present(const struct sgx_encl_page *page)
{
	return !(sgx_page_flags(page) & SGX_PAGE_ABSENT);
}

/* What the accessed bit of a PTE would say. */
static inline void sgx_page_mark_young(struct sgx_encl_page *page)
{
	if (!(sgx_page_flags(page) & SGX_PAGE_YOUNG))
		__atomic_fetch_or(&page->flags, SGX_PAGE_YOUNG,
				  __ATOMIC_RELAXED);
}

/* The page that the enclave has at addr, and its EPC address; NULL if none. */
struct sgx_encl_page *sgx_encl_find_page(struct sgx_mm *mm,
					 const struct sgx_encl *encl,
					 uint64_t addr, uint64_t *pa);
/*
 * First address in [addr, end) that has a page; `end` if none has.  Page
 * aligned.  It skips empty space fast, so that an ELRANGE of 1 TiB can be
 * walked.
 */
uint64_t sgx_encl_next_page(struct sgx_mm *mm, const struct sgx_encl *encl,
			    uint64_t addr, uint64_t end);
/* Each page of the enclave in [start, end): its address. */
#define for_each_encl_page(addr, mm, encl, start, end) \
	for ((addr) = sgx_encl_next_page(mm, encl, start, end); \
	     (addr) < (end); \
	     (addr) = sgx_encl_next_page(mm, encl, (addr) + SGX_PAGE_SIZE, \
					 end))
/* The page at pa exists from now on and is resident.  Locked. */
void sgx_encl_insert_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
			  unsigned type, unsigned vm_max_prot);
/* It no longer exists.  Locked. */
void sgx_encl_erase_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/* May [start, end) be mapped with prot?  0 or -EACCES. */
int sgx_encl_may_map(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end, int prot);

/* Must the code at pa be looked at before it is executed?  sgx/patch.c. */
static inline bool sgx_patch_due(const struct sgx_mm *mm,
				 const struct sgx_encl *encl, uint64_t pa)
{
	return encl->patch && patch_due(&mm->cpu, pa);
}

#endif
