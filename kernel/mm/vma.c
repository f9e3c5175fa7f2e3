/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mappings of enclave files in one address space: Linux's VMAs, reduced to
 * a sorted array.  After Linux 6.1 mm/mmap.c find_vma(), __split_vma(),
 * do_mas_munmap().
 */
#include "kernel/mm/vma.h"

#include <asm/errno.h>

#include "cpu/mem.h"
#include "kernel/mm/pte.h"

uint32_t sgx_vma_index(const struct sgx_mm *mm, uint64_t addr)
{
	uint32_t low = 0, high = mm->nr_vmas;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (mm->vmas[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct sgx_vma *sgx_find_vma(struct sgx_mm *mm, uint64_t addr)
{
	uint32_t i = sgx_vma_index(mm, addr);

	if (i == mm->nr_vmas || mm->vmas[i].start > addr)
		return NULL;
	return &mm->vmas[i];
}

bool sgx_vma_touches(const struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	uint32_t i = sgx_vma_index(mm, start);

	return start < end && i < mm->nr_vmas && mm->vmas[i].start < end;
}

bool sgx_touches(struct sgx_mm *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len < addr ? UINT64_MAX : addr + len;
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	bool touches = sgx_vma_touches(mm, addr, end);

	sgx_unlock(&mm->lock, ticket);
	return touches;
}

bool sgx_vma_maps(const struct sgx_mm *mm, uint32_t encl)
{
	const struct sgx_vma *vma;

	for_each_vma(vma, mm) {
		if (vma->encl == encl)
			return true;
	}
	return false;
}

static int vma_grow(struct sgx_mm *mm, uint32_t need)
{
	uint32_t max = mm->max_vmas ? mm->max_vmas : 128;
	struct sgx_vma *vmas;

	while (max < need)
		max *= 2;
	vmas = mm->host->alloc_pages(page_align(max * sizeof(*vmas)));
	if (!vmas)
		return sgx_refuse(mm, -ENOMEM,
				  "this process gets no more memory");
	if (mm->vmas) {
		memcpy(vmas, mm->vmas, mm->nr_vmas * sizeof(*vmas));
		mm->host->free_pages(mm->vmas,
				     page_align(mm->max_vmas * sizeof(*vmas)));
	}
	mm->vmas = vmas;
	mm->max_vmas = max;
	return 0;
}

int sgx_vma_reserve(struct sgx_mm *mm, uint32_t n)
{
	if (mm->nr_vmas + n > SGX_MAX_MAP_COUNT)
		return sgx_refuse(mm, -ENOMEM,
				  "%u mappings of enclaves are "
				  "the limit",
				  SGX_MAX_MAP_COUNT);
	if (mm->nr_vmas + n <= mm->max_vmas)
		return 0;
	return vma_grow(mm, mm->nr_vmas + n);
}

static void vma_insert_at(struct sgx_mm *mm, uint32_t i,
			  const struct sgx_vma *vma)
{
	memmove(&mm->vmas[i + 1], &mm->vmas[i],
		(mm->nr_vmas - i) * sizeof(*vma));
	mm->vmas[i] = *vma;
	mm->nr_vmas++;
}

void sgx_vma_insert(struct sgx_mm *mm, const struct sgx_vma *vma)
{
	vma_insert_at(mm, sgx_vma_index(mm, vma->start), vma);
}

void sgx_vma_split(struct sgx_mm *mm, uint64_t addr)
{
	uint32_t i = sgx_vma_index(mm, addr);
	struct sgx_vma low;

	if (i == mm->nr_vmas || mm->vmas[i].start >= addr)
		return;
	low = mm->vmas[i];
	low.end = addr;
	mm->vmas[i].start = addr;
	vma_insert_at(mm, i, &low);
}

static void count_mm(struct sgx_mm *mm, uint32_t encl, int n)
{
	__atomic_fetch_add(&mm->shared->encls[encl].nr_mms, n,
			   __ATOMIC_SEQ_CST);
}

int sgx_vma_pin(struct sgx_mm *mm, uint32_t encl, int fd)
{
	if (mm->host->pin(encl, fd))
		return sgx_refuse(mm, -ENOMEM,
				  "the host's kernel refuses another mapping");
	count_mm(mm, encl, 1);
	return 0;
}

static void vma_delete_at(struct sgx_mm *mm, uint32_t i)
{
	uint32_t encl = mm->vmas[i].encl;

	mm->nr_vmas--;
	memmove(&mm->vmas[i], &mm->vmas[i + 1],
		(mm->nr_vmas - i) * sizeof(*mm->vmas));
	if (sgx_vma_maps(mm, encl))
		return;
	count_mm(mm, encl, -1);
	mm->host->unpin(encl);
}

void sgx_vma_remove(struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	uint32_t i;

	if (!sgx_vma_touches(mm, start, end))
		return;
	sgx_vma_split(mm, start);
	sgx_vma_split(mm, end);
	i = sgx_vma_index(mm, start);
	while (i < mm->nr_vmas && mm->vmas[i].start < end)
		vma_delete_at(mm, i);
}

/* Is this the first mapping of its enclave? */
static bool is_first(const struct sgx_mm *mm, uint32_t i)
{
	uint32_t encl = mm->vmas[i].encl;

	/* Usually the neighbour tells. */
	if (i && mm->vmas[i - 1].encl == encl)
		return false;
	for (uint32_t k = 0; k < i; k++) {
		if (mm->vmas[k].encl == encl)
			return false;
	}
	return true;
}

void sgx_dup_mm(struct sgx_mm *mm)
{
	uint32_t i;

	mm->lock = (struct sgx_lock){ 0 };
	mm->inside = 0; /* nobody forks from inside an enclave */
	for (i = 0; i < mm->nr_vmas; i++) {
		if (is_first(mm, i))
			count_mm(mm, mm->vmas[i].encl, 1);
	}
	i = 0;
	while (i < mm->nr_vmas) {
		if (mm->vmas[i].flags & SGX_VMA_DONTFORK)
			vma_delete_at(mm, i);
		else
			i++;
	}
	/* This address space was not told of changes since the fork. */
	sgx_resync(mm);
}
