/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of enclave mappings of one address space: sorted by address,
 * disjoint, never merged (Linux does not merge VM_PFNMAP mappings).  All of
 * these want mm->lock held.  Pointers into the list last until the next
 * function here that changes it.
 */
#ifndef SWSGX_KERNEL_MM_VMA_H
#define SWSGX_KERNEL_MM_VMA_H

#include "kernel/sgx.h"

#define SGX_MAX_MAP_COUNT	65530	/* sysctl vm.max_map_count's default */

/* Room for n more entries: then up to n inserts or splits cannot fail. */
int sgx_vma_reserve(struct sgx_mm *mm, uint32_t n);
/* Index of the first mapping that ends above addr; nr_vmas if none. */
uint32_t sgx_vma_index(const struct sgx_mm *mm, uint64_t addr);
/* sgx_touches() for who holds the lock. */
bool sgx_vma_touches(const struct sgx_mm *mm, uint64_t start, uint64_t end);
/* Add a mapping where none is. */
void sgx_vma_insert(struct sgx_mm *mm, const struct sgx_vma *vma);
/* Make addr a boundary, if it lies within a mapping.  Needs room for one. */
void sgx_vma_split(struct sgx_mm *mm, uint64_t addr);
/*
 * Forget [start, end).  Needs room for two.  Unpins enclaves that have no
 * mapping left.
 */
void sgx_vma_remove(struct sgx_mm *mm, uint64_t start, uint64_t end);
/* The enclave is about to get its first mapping here.  0 or -ENOMEM. */
int sgx_vma_pin(struct sgx_mm *mm, uint32_t encl, int fd);
/* Has the enclave any mapping here? */
bool sgx_vma_maps(const struct sgx_mm *mm, uint32_t encl);

static inline uint64_t page_align(uint64_t x)
{
	return (x + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
}

static inline bool page_aligned(uint64_t x)
{
	return !(x & ~SGX_PAGE_MASK);
}

#endif
