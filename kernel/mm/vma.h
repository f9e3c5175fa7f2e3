/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of enclave mappings of one address space: sorted by address,
 * disjoint, never merged (Linux does not merge VM_PFNMAP mappings).  Callers
 * hold mm->lock, except for sgx_touches() and sgx_dup_mm().  A pointer into the
 * list is valid until the next function here that changes the list.
 */
#ifndef SWSGX_KERNEL_MM_VMA_H
#define SWSGX_KERNEL_MM_VMA_H

#include "kernel/platform/mm_types.h"

#define SGX_MAX_MAP_COUNT 65530 /* sysctl vm.max_map_count's default */

/*
 * The mapping that holds addr, or NULL.  The caller uses the result no longer
 * than it holds mm->lock.
 */
struct sgx_vma *sgx_find_vma(struct sgx_mm *mm, uint64_t addr);
/* Make room for n entries, so that n inserts or splits cannot fail. */
int sgx_vma_reserve(struct sgx_mm *mm, uint32_t n);
/* Index of the first mapping that ends above addr; nr_vmas if none. */
uint32_t sgx_vma_index(const struct sgx_mm *mm, uint64_t addr);
/* The mapping with this index, or behind the last.  There may be no table. */
static inline struct sgx_vma *sgx_vma_at(const struct sgx_mm *mm, uint32_t i)
{
	return i ? mm->vmas + i : mm->vmas;
}
/* Each mapping; and each that overlaps [start, end). */
#define for_each_vma(vma, mm) \
	for ((vma) = (mm)->vmas; (vma) < sgx_vma_at(mm, (mm)->nr_vmas); (vma)++)
#define for_each_vma_in(vma, mm, start_, end_) \
	for ((vma) = sgx_vma_at(mm, sgx_vma_index(mm, start_)); \
	     (vma) < sgx_vma_at(mm, (mm)->nr_vmas) && (vma)->start < (end_); \
	     (vma)++)
/* sgx_touches() for callers that hold the lock. */
bool sgx_vma_touches(const struct sgx_mm *mm, uint64_t start, uint64_t end);
/* Add a mapping where there is none. */
void sgx_vma_insert(struct sgx_mm *mm, const struct sgx_vma *vma);
/* Make addr a boundary, if it lies within a mapping.  Needs room for one. */
void sgx_vma_split(struct sgx_mm *mm, uint64_t addr);
/*
 * Forget [start, end).  Needs room for two.  Unpins enclaves whose last mapping
 * that was.
 */
void sgx_vma_remove(struct sgx_mm *mm, uint64_t start, uint64_t end);
/* The enclave is about to get its first mapping here.  0 or -ENOMEM. */
int sgx_vma_pin(struct sgx_mm *mm, uint32_t encl, int fd);
/* Has the enclave any mapping here? */
bool sgx_vma_maps(const struct sgx_mm *mm, uint32_t encl);

/*
 * Does [addr, addr+len) touch an enclave mapping?  Takes mm->lock itself.
 * (copy_from_user sources: enclave memory is VM_PFNMAP and cannot be pinned.)
 */
bool sgx_touches(struct sgx_mm *mm, uint64_t addr, uint64_t len);
/*
 * In the child of fork().  Frees the lock, whichever of the parent's threads
 * held it; drops what MADV_DONTFORK kept back; and brings the real mappings in
 * line.  The parent should hold mm->lock over fork() (platform/lock.h), so that
 * the copy is consistent.
 */
void sgx_dup_mm(struct sgx_mm *mm);

static inline uint64_t page_align(uint64_t x)
{
	return (x + SGX_PAGE_SIZE - 1) & SGX_PAGE_MASK;
}

static inline bool page_aligned(uint64_t x)
{
	return !(x & ~SGX_PAGE_MASK);
}

#endif
