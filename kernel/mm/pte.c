/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page tables of enclave memory: the real mapping, kept in line with what the
 * model allows.  Hardware ANDs two things at each access, the page tables and
 * the EPCM.  The host has only page tables, so they hold the AND.
 * SDM "Enclave Page Cache Map (EPCM)"; Linux 6.1 arch/x86/mm/pgprot.c.
 *
 * A new mapping has no access.  Pages get it in runs of the same permission,
 * because each change of permission costs the host one mapping.
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/mm/encl_page.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/view.h"
#include "kernel/mm/vma.h"

#define FAULT_AROUND 0x10000ull /* bytes */

_Static_assert(PROT_READ == 1 && PROT_WRITE == 2 && PROT_EXEC == 4,
	       "PROT_*, VM_* and epcm_allows() use the same bits");

/* DEVIATION DK9: even where Linux has a key for execute-only memory. */
int sgx_pte_prot(int prot)
{
	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	return prot ? prot | PROT_READ : PROT_NONE;
}

bool sgx_vma_fits(struct sgx_mm *mm, const struct sgx_vma *vma,
		  uint64_t address, struct sgx_encl_page **page)
{
	uint64_t pa;

	*page = sgx_encl_find_page(mm, sgx_vma_encl(mm, vma), address, &pa);
	/* The mapping may ask for more if it is older than the page. */
	return *page && !(vma->prot & ~(*page)->vm_max_prot);
}

bool sgx_has_pte(struct sgx_mm *mm, const struct sgx_vma *vma, uint64_t address)
{
	struct sgx_encl_page *page;

	return vma->prot != PROT_NONE &&
	       sgx_vma_fits(mm, vma, address, &page) && sgx_page_present(page);
}

bool sgx_pte_refuses(const struct sgx_vma *vma, uint32_t access)
{
	int prot = sgx_pte_prot(vma->prot);

	if (access & PF_WRITE)
		return !(prot & PROT_WRITE);
	if (access & PF_INSTR)
		return !(prot & PROT_EXEC);
	return !(prot & PROT_READ);
}

/*
 * DEVIATION DK20: what can be executed can be read, even if the EPCM does not
 * allow reads, unless the host has a key for execute-only memory.
 */
int sgx_effective_prot(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint64_t addr)
{
	struct sgx_encl_page *page;
	uint64_t pa;
	int prot;

	addr &= SGX_PAGE_MASK;
	page = sgx_encl_find_page(mm, sgx_vma_encl(mm, vma), addr, &pa);
	/* Beyond the page's maximum there is no PTE: sgx_vma_fault(). */
	if (!page || !sgx_page_present(page) ||
	    (vma->prot & ~page->vm_max_prot))
		return PROT_NONE;
	prot = sgx_pte_prot(vma->prot) & (int)epcm_allows(&mm->cpu, pa, addr);
	if ((prot & PROT_EXEC) && sgx_patch_due(mm, sgx_vma_encl(mm, vma), pa))
		prot &= ~PROT_EXEC;
	return prot;
}

int sgx_page_prot(struct sgx_mm *mm, uint64_t addr)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	struct sgx_vma *vma = sgx_find_vma(mm, addr);
	int prot = vma ? sgx_effective_prot(mm, vma, addr) : PROT_NONE;

	sgx_unlock(&mm->lock, ticket);
	return prot;
}

/*
 * The host limits the number of mappings, and pages of different permission are
 * different mappings to it.  If it has no more, the whole enclave mapping loses
 * all access, so that it is one mapping; access comes back page by page, as it
 * is used.
 */
static int real_protect(struct sgx_mm *mm, const struct sgx_vma *vma,
			uint64_t start, uint64_t end, int prot)
{
	uint64_t first = vma->start, last = vma->end;
	int ret = sgx_view_protect(mm, vma, start, end, prot);

	if (ret != -ENOMEM ||
	    !sgx_encl_clip(sgx_vma_encl(mm, vma), &first, &last))
		return ret;
	ret = sgx_view_protect(mm, vma, first, last, PROT_NONE);
	if (ret || prot == PROT_NONE)
		return ret;
	return sgx_view_protect(mm, vma, start, end, prot);
}

static bool same_run(struct sgx_mm *mm, const struct sgx_vma *vma,
		     uint64_t addr, int prot)
{
	uint64_t pa;

	return sgx_encl_find_page(mm, sgx_vma_encl(mm, vma), addr, &pa) &&
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
			  uint64_t addr, uint64_t start, int prot)
{
	while (addr > start && addr > vma->start &&
	       same_run(mm, vma, addr - SGX_PAGE_SIZE, prot))
		addr -= SGX_PAGE_SIZE;
	return addr;
}

/* Nothing has access yet, so pages that get none are skipped. */
static int allow_runs(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end)
{
	const struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	uint64_t addr = start, next;
	int prot, ret = 0;

	for (; !ret; addr = next) {
		addr = sgx_encl_next_page(mm, encl, addr, end);
		if (addr >= end)
			break;
		prot = sgx_effective_prot(mm, vma, addr);
		next = run_end(mm, vma, addr, end, prot);
		if (prot != PROT_NONE)
			ret = real_protect(mm, vma, addr, next, prot);
	}
	return ret;
}

/*
 * Where the permission changes next after addr.  Places without a page count as
 * pages without access.
 */
static uint64_t stretch_end(struct sgx_mm *mm, const struct sgx_vma *vma,
			    uint64_t addr, uint64_t end, int prot)
{
	const struct sgx_encl *encl = sgx_vma_encl(mm, vma);

	if (prot != PROT_NONE)
		return run_end(mm, vma, addr, end, prot);
	do
		addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end);
	while (addr < end && sgx_effective_prot(mm, vma, addr) == PROT_NONE);
	return addr;
}

int sgx_protect_range(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end)
{
	uint64_t next;
	int prot, ret = 0;

	/* A mapping that does not show the EPC yet must stay inaccessible. */
	if (!(vma->flags & SGX_VMA_EPC) ||
	    !sgx_encl_clip(sgx_vma_encl(mm, vma), &start, &end))
		return 0;
	for (; start < end && !ret; start = next) {
		prot = sgx_effective_prot(mm, vma, start);
		next = stretch_end(mm, vma, start, end, prot);
		ret = real_protect(mm, vma, start, next, prot);
	}
	return ret;
}

static int map_none(struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	return start < end ? mm->host->map_none(start, end - start) : 0;
}

/* The part in ELRANGE shows the EPC; the rest shows nothing. */
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

	if (!(sgx_encl_flags(encl) & SGX_ENCL_CREATED) ||
	    !sgx_encl_in_reach(mm, encl))
		return map_none(mm, start, end);
	ret = map_epc(mm, encl, start, end);
	if (ret)
		return ret;
	vma->flags |= SGX_VMA_EPC;
	return allow_runs(mm, vma, start, end);
}

void sgx_map_created(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	struct sgx_vma *vma;

	for_each_vma(vma, mm) {
		/* If the host refuses, the first fault asks again. */
		if (vma->encl == encl->index)
			(void)sgx_map_range(mm, vma, vma->start, vma->end);
	}
	sgx_unlock(&mm->lock, ticket);
}

/* These pages are accessible from now on, so we must take them for used. */
static void mark_young(struct sgx_mm *mm, const struct sgx_encl *encl,
		       uint64_t start, uint64_t end)
{
	struct sgx_encl_page *page;
	uint64_t pa;

	for (; start < end; start += SGX_PAGE_SIZE) {
		page = sgx_encl_find_page(mm, encl, start, &pa);
		if (page)
			sgx_page_mark_young(page);
	}
}

int sgx_show_range(struct sgx_mm *mm, const struct sgx_vma *vma, uint64_t start,
		   uint64_t end)
{
	mark_young(mm, sgx_vma_encl(mm, vma), start, end);
	return allow_runs(mm, vma, start, end);
}

/*
 * The page, and similar ones around it, as do_fault_around() does.  A page that
 * nobody may use (EAUG has just added it) has no access yet: whoever takes
 * access away does that at once.
 */
static int sync_run(struct sgx_mm *mm, const struct sgx_vma *vma, uint64_t addr)
{
	uint64_t start = addr & ~(FAULT_AROUND - 1), end = start + FAULT_AROUND;
	int prot = sgx_effective_prot(mm, vma, addr);

	if (prot == PROT_NONE)
		return 0;
	start = run_start(mm, vma, addr, start, prot);
	end = run_end(mm, vma, addr, end < vma->end ? end : vma->end, prot);
	mark_young(mm, sgx_vma_encl(mm, vma), start, end);
	return real_protect(mm, vma, start, end, prot);
}

static int sync_locked(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t addr)
{
	/* It was mapped before ECREATE, which another process did. */
	if (!(vma->flags & SGX_VMA_EPC))
		return sgx_map_range(mm, vma, vma->start, vma->end);
	return sync_run(mm, vma, addr);
}

int sgx_sync_page(struct sgx_mm *mm, uint64_t addr)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	struct sgx_vma *vma = sgx_find_vma(mm, addr);
	int ret = 0;

	/* The mapping may be gone: then the access faults again. */
	if (vma)
		ret = sync_locked(mm, vma, addr & SGX_PAGE_MASK);
	sgx_unlock(&mm->lock, ticket);
	return ret;
}

void sgx_resync(struct sgx_mm *mm)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma;

	for_each_vma(vma, mm)
		sgx_protect_range(mm, vma, vma->start, vma->end);
	sgx_unlock(&mm->lock, ticket);
}

static uint32_t resync_seq(const struct sgx_mm *mm)
{
	return __atomic_load_n(&mm->shared->resync_seq, __ATOMIC_SEQ_CST);
}

/* This address space's own mappings are in line already. */
void sgx_resync_others(struct sgx_mm *mm)
{
	uint32_t seq = __atomic_fetch_add(&mm->shared->resync_seq, 1,
					  __ATOMIC_SEQ_CST);

	/* Unless another change is due here, too. */
	__atomic_compare_exchange_n(&mm->resynced, &seq, seq + 1, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Two threads may both do it.  Neither goes on before it is done. */
void sgx_resync_if_due(struct sgx_mm *mm)
{
	uint32_t seq = resync_seq(mm);
	uint32_t was = __atomic_load_n(&mm->resynced, __ATOMIC_SEQ_CST);

	while (was != seq) {
		sgx_resync(mm);
		__atomic_compare_exchange_n(&mm->resynced, &was, seq, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		seq = resync_seq(mm);
		was = __atomic_load_n(&mm->resynced, __ATOMIC_SEQ_CST);
	}
}
