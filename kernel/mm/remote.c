/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/mm/remote.h. */
#include "kernel/mm/remote.h"

#include "kernel/mm/vma.h"
#include "kernel/platform/lock.h"

static bool read(const struct sgx_remote *remote, void *to, uint64_t from,
		 size_t n)
{
	return remote->read(remote->id, to, from, n);
}

bool sgx_remote_open(struct sgx_remote *remote, uint64_t mm)
{
	return read(remote, &remote->nr_vmas,
		    mm + offsetof(struct sgx_mm, nr_vmas),
		    sizeof(remote->nr_vmas)) &&
	       read(remote, &remote->vmas, mm + offsetof(struct sgx_mm, vmas),
		    sizeof(remote->vmas));
}

static bool read_vma(const struct sgx_remote *remote, uint32_t i,
		     struct sgx_vma *vma)
{
	return read(remote, vma, remote->vmas + i * sizeof(*vma), sizeof(*vma));
}

bool sgx_remote_vma(const struct sgx_remote *remote, uint64_t addr,
		    struct sgx_vma *vma)
{
	uint32_t low = 0, high = remote->nr_vmas, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (!read_vma(remote, middle, vma))
			return false;
		if (vma->end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low < remote->nr_vmas && read_vma(remote, low, vma) &&
	       vma->encl < SGX_MAX_ENCLAVES;
}

/* A mapping may be of an enclave that CREATE has not made yet. */
static uint64_t end_of(const struct sgx_mm *mm, const struct sgx_vma *vma)
{
	const struct sgx_encl *encl = &mm->shared->encls[vma->encl];
	uint64_t end = encl->base + encl->size;

	return end < vma->end ? vma->end : end;
}

bool sgx_next_enclave(struct sgx_mm *mm, uint64_t start, uint64_t end,
		      struct sgx_mapped *mapped)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma = sgx_vma_at(mm, sgx_vma_index(mm, start));
	bool found = vma < sgx_vma_at(mm, mm->nr_vmas) && vma->start < end;

	if (found)
		*mapped = (struct sgx_mapped){
			.encl = vma->encl,
			.start = vma->start > start ? vma->start : start,
			.end = end,
			.next = end_of(mm, vma),
		};
	sgx_unlock(&mm->lock, ticket);
	return found;
}
