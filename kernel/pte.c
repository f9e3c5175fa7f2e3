/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page tables of enclave memory: the real mapping, kept in line with what the
 * model allows.  Hardware ANDs two things at each access, the page tables and
 * the EPCM; the host has page tables only, so they hold the AND.
 * SDM "Enclave Page Cache Map (EPCM)"; Linux 6.1 arch/x86/mm/pgprot.c.
 *
 * What is mapped starts without access.  Pages get theirs in runs of the same
 * permission, because each change of it costs the host one mapping.
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/encl.h"
#include "kernel/lock.h"
#include "kernel/vma.h"

_Static_assert(PROT_READ == 1 && PROT_WRITE == 2 && PROT_EXEC == 4,
	       "PROT_*, VM_* and epcm_allows() use the same bits");

/* DEVIATION DK9: also where Linux has a key for execute-only memory. */
int sgx_pte_prot(int prot)
{
	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	return prot ? prot | PROT_READ : PROT_NONE;
}

int sgx_effective_prot(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint64_t addr)
{
	struct sgx_encl_page *page;
	uint64_t pa;

	addr &= SGX_PAGE_MASK;
	page = sgx_encl_load_page(mm, sgx_vma_encl(mm, vma), addr, &pa);
	/* Beyond the page's maximum there is no PTE: sgx_vma_fault(). */
	if (!page || (vma->prot & ~page->vm_max_prot))
		return PROT_NONE;
	return sgx_pte_prot(vma->prot) & epcm_allows(&mm->cpu, pa, addr);
}

/* A mapping with a protection key of its own must keep it. */
static int real_protect(struct sgx_mm *mm, const struct sgx_vma *vma,
			uint64_t start, uint64_t end, int prot)
{
	if (vma->pkey)
		return mm->host->sys_mprotect(start, end - start, prot,
					      vma->pkey);
	return mm->host->protect(start, end - start, prot);
}

static bool same_run(struct sgx_mm *mm, const struct sgx_vma *vma,
		     uint64_t addr, int prot)
{
	uint64_t pa;

	return sgx_encl_load_page(mm, sgx_vma_encl(mm, vma), addr, &pa) &&
	       sgx_effective_prot(mm, vma, addr) == prot;
}

static uint64_t run_end(struct sgx_mm *mm, const struct sgx_vma *vma,
			uint64_t addr, uint64_t end, int prot)
{
	do
		addr += SGX_PAGE_SIZE;
	while (addr < end && same_run(mm, vma, addr, prot));
	return addr;
}

static uint64_t run_start(struct sgx_mm *mm, const struct sgx_vma *vma,
			  uint64_t addr, int prot)
{
	while (addr > vma->start &&
	       same_run(mm, vma, addr - SGX_PAGE_SIZE, prot))
		addr -= SGX_PAGE_SIZE;
	return addr;
}

/* `fresh`: nothing has any access yet, so what gets none is left alone. */
static int protect_runs(struct sgx_mm *mm, const struct sgx_vma *vma,
			uint64_t start, uint64_t end, bool fresh)
{
	const struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	uint64_t addr = start, next;
	int prot, ret;

	for (;; addr = next) {
		addr = sgx_encl_next_page(mm, encl, addr, end);
		if (addr >= end)
			return 0;
		prot = sgx_effective_prot(mm, vma, addr);
		next = run_end(mm, vma, addr, end, prot);
		if (fresh && prot == PROT_NONE)
			continue;
		ret = real_protect(mm, vma, addr, next, prot);
		if (ret)
			return ret;
	}
}

int sgx_protect_range(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end)
{
	/* What does not show the EPC yet must not become accessible. */
	if (!(vma->flags & SGX_VMA_EPC))
		return 0;
	return protect_runs(mm, vma, start, end, false);
}

static int map_none(struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	return start < end ? mm->host->map_none(start, end - start) : 0;
}

/* The part in ELRANGE shows the EPC, what is beside it nothing. */
static int map_epc(struct sgx_mm *mm, const struct sgx_encl *encl,
		   uint64_t start, uint64_t end)
{
	uint64_t low = encl->base, high = encl->base + encl->size;
	int ret;

	low = low < start ? start : low;
	high = high > end ? end : high;
	if (low >= high)
		return map_none(mm, start, end);
	ret = map_none(mm, start, low);
	if (!ret)
		ret = mm->host->map_epc(low, high - low,
					sgx_encl_pa(encl, low));
	return ret ? ret : map_none(mm, high, end);
}

int sgx_map_range(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t start,
		  uint64_t end)
{
	const struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	int ret;

	if (!(sgx_encl_flags(encl) & SGX_ENCL_CREATED))
		return map_none(mm, start, end);
	vma->flags |= SGX_VMA_EPC;
	ret = map_epc(mm, encl, start, end);
	return ret ? ret : protect_runs(mm, vma, start, end, true);
}

int sgx_map_created(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint32_t ticket = sgx_lock(&mm->lock);
	int ret = 0;

	for (uint32_t i = 0; i < mm->nr_vmas && !ret; i++) {
		struct sgx_vma *vma = &mm->vmas[i];

		if (vma->encl == encl->index)
			ret = sgx_map_range(mm, vma, vma->start, vma->end);
	}
	sgx_unlock(&mm->lock, ticket);
	return ret;
}

static int sync_locked(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t addr)
{
	int prot;

	/* Mapped before ECREATE, which another process then did. */
	if (!(vma->flags & SGX_VMA_EPC))
		return sgx_map_range(mm, vma, vma->start, vma->end);
	prot = sgx_effective_prot(mm, vma, addr);
	return real_protect(mm, vma, run_start(mm, vma, addr, prot),
			    run_end(mm, vma, addr, vma->end, prot), prot);
}

int sgx_sync_page(struct sgx_mm *mm, uint64_t addr)
{
	uint32_t ticket = sgx_lock(&mm->lock);
	struct sgx_vma *vma = sgx_find_vma(mm, addr);
	int ret = 0;

	/* Gone meanwhile: the access will fault again, and be told so. */
	if (vma)
		ret = sync_locked(mm, vma, addr & SGX_PAGE_MASK);
	sgx_unlock(&mm->lock, ticket);
	return ret;
}

void sgx_resync(struct sgx_mm *mm)
{
	uint32_t ticket = sgx_lock(&mm->lock);

	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		const struct sgx_vma *vma = &mm->vmas[i];

		sgx_protect_range(mm, vma, vma->start, vma->end);
	}
	sgx_unlock(&mm->lock, ticket);
}
