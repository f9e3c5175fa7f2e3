/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mprotect() and pkey_mprotect() over enclave mappings, mapping by mapping: a
 * call that fails midway has changed what came before.
 * After Linux 6.1 mm/mprotect.c do_mprotect_pkey(); sgx/encl.c
 * sgx_vma_mprotect().
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/mm/encl_page.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"

#define NO_MEMORY (1ull << 63) /* an address where nothing can be */

static int check_args(const struct sgx_mm *mm, uint64_t start, uint64_t end,
		      int prot)
{
	const int known = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;

	/* An enclave mapping is not of the two kinds that grow. */
	if (prot & (PROT_GROWSDOWN | PROT_GROWSUP))
		return sgx_refuse(mm, -EINVAL,
				  "an enclave's mapping does not "
				  "grow");
	if (!page_aligned(start))
		return sgx_refuse(mm, -EINVAL, "%x is not page aligned", start);
	if (end <= start)
		return sgx_refuse(mm, -ENOMEM,
				  "the length leads beyond the "
				  "end of all addresses");
	if (prot & ~known)
		return sgx_refuse(mm, -EINVAL, "prot %x is no protection",
				  (uint32_t)prot);
	return 0;
}

/* The host knows which keys there are, and checks the key first. */
static bool is_key(const struct sgx_mm *mm, int pkey)
{
	return pkey == -1 || mm->host->sys_mprotect(NO_MEMORY, SGX_PAGE_SIZE,
						    PROT_NONE, pkey) != -EINVAL;
}

static int apply(struct sgx_mm *mm, struct sgx_vma *vma, int pkey)
{
	int ret = 0;

	if (pkey >= 0) {
		ret = mm->host->sys_mprotect(vma->start, vma->end - vma->start,
					     PROT_NONE, pkey);
		if (ret)
			return ret;
		vma->pkey = (uint8_t)pkey;
	}
	return sgx_protect_range(mm, vma, vma->start, vma->end);
}

/* Linux 6.3 map_deny_write_exec().  For a new mapping `was` is `prot`. */
bool sgx_mdwe_denies(const struct sgx_mm *mm, int was, int prot)
{
	if (!(prot & PROT_EXEC) || (!(prot & PROT_WRITE) && (was & PROT_EXEC)))
		return false;
	return mm->host->has_mdwe();
}

/* [start, end) lies within one mapping. */
static int mprotect_fixup(struct sgx_mm *mm, uint64_t start, uint64_t end,
			  int prot, int pkey)
{
	struct sgx_vma *vma = sgx_find_vma(mm, start);
	int ret;

	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	if (prot & ~vma->mayprot)
		return sgx_refuse(mm, -EACCES,
				  "the mapping at %x may have %p "
				  "(the device was opened read-only)",
				  start, vma->mayprot);
	if (sgx_mdwe_denies(mm, vma->prot, prot))
		return sgx_refuse(mm, -EACCES,
				  "the mapping at %x has %p, and "
				  "the program gave up more (PR_SET_MDWE)",
				  start, vma->prot);
	ret = sgx_encl_may_map(mm, sgx_vma_encl(mm, vma), start, end, prot);
	if (!ret)
		ret = sgx_vma_reserve(mm, 2);
	if (ret)
		return ret;
	sgx_vma_split(mm, start);
	sgx_vma_split(mm, end);
	vma = sgx_find_vma(mm, start);
	vma->prot = (uint8_t)prot;
	ret = apply(mm, vma, pkey);
	if (ret)
		return sgx_refuse(mm, ret,
				  "the host's kernel refuses to "
				  "protect %x bytes at %x",
				  end - start, start);
	return 0;
}

/* The end of the first part of [start, end): one enclave mapping, or none. */
static uint64_t piece_end(struct sgx_mm *mm, uint64_t start, uint64_t end,
			  bool *ours)
{
	uint32_t i = sgx_vma_index(mm, start);
	uint64_t stop = end;

	*ours = i < mm->nr_vmas && mm->vmas[i].start <= start;
	if (*ours)
		stop = mm->vmas[i].end;
	else if (i < mm->nr_vmas)
		stop = mm->vmas[i].start;
	return stop < end ? stop : end;
}

/* Between enclave mappings: other memory, or none. */
static int mprotect_other(struct sgx_mm *mm, uint64_t start, uint64_t end,
			  int prot, int pkey)
{
	int ret = mm->host->sys_mprotect(start, end - start, prot, pkey);

	if (ret)
		return sgx_refuse(mm, ret,
				  "the host's kernel refuses at %x, "
				  "where no enclave is mapped",
				  start);
	return 0;
}

static int mprotect_range(struct sgx_mm *mm, uint64_t start, uint64_t end,
			  int prot, int pkey)
{
	uint64_t next;
	bool ours;
	int ret = 0;

	for (; start < end && !ret; start = next) {
		next = piece_end(mm, start, end, &ours);
		if (ours)
			ret = mprotect_fixup(mm, start, next, prot, pkey);
		else
			ret = mprotect_other(mm, start, next, prot, pkey);
	}
	return ret;
}

int64_t sgx_mprotect(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		     int pkey)
{
	uint64_t start = addr & SGX_PAGE_MASK, end = addr + page_align(len);
	struct sgx_ticket ticket;
	int ret;

	if (!len || !sgx_touches(mm, start, end - start))
		return mm->host->sys_mprotect(addr, len, prot, pkey);
	ret = check_args(mm, addr, end, prot);
	if (ret)
		return ret;
	if (!is_key(mm, pkey))
		return sgx_refuse(mm, -EINVAL, "%u is no protection key",
				  (uint32_t)pkey);
	ticket = sgx_lock(&mm->lock);
	ret = mprotect_range(mm, addr, end, prot, pkey);
	sgx_unlock(&mm->lock, ticket);
	return ret;
}
