/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What code outside an enclave sees of the EPC: the abort page, ones to a read,
 * nothing for a write.  The host's page tables are one view for all threads of
 * a process; to keep those outside from what those inside may use, there is a
 * protection key, or no access at all while nobody is inside.
 * SDM "Access-control Requirements".
 */
#include <linux/mman.h>

#include "kernel/encl.h"
#include "kernel/lock.h"
#include "kernel/view.h"
#include "kernel/vma.h"

void sgx_view_init(struct sgx_mm *mm, enum sgx_view view, int pkey)
{
	mm->view = (uint32_t)view;
	mm->view_pkey = pkey;
	mm->inside = 0;
}

/*
 * A key of the program's wins: it must be refused what it asked to be.
 * Execute-only memory has a key of the host's.
 */
int sgx_view_protect(struct sgx_mm *mm, const struct sgx_vma *vma,
		     uint64_t start, uint64_t end, int prot)
{
	uint64_t pa = sgx_encl_pa(sgx_vma_encl(mm, vma), start);
	int pkey = -1;

	if (mm->view == SGX_VIEW_HIDDEN && !mm->inside)
		prot = PROT_NONE;
	if (prot != PROT_NONE)
		mm->shown = true;
	if (vma->pkey)
		pkey = vma->pkey;
	else if (mm->view == SGX_VIEW_KEY && prot != PROT_EXEC)
		pkey = mm->view_pkey;
	return mm->host->protect(start, end - start, prot, pkey, pa);
}

void sgx_view_enter(struct sgx_mm *mm)
{
	uint32_t ticket;

	if (mm->view != SGX_VIEW_HIDDEN)
		return;
	ticket = sgx_lock(&mm->lock);
	mm->inside++;
	sgx_unlock(&mm->lock, ticket);
}

/* What becomes visible again does so page by page, as it is used. */
static void hide_all(struct sgx_mm *mm)
{
	for (uint32_t i = 0; mm->shown && i < mm->nr_vmas; i++) {
		const struct sgx_vma *vma = &mm->vmas[i];
		uint64_t start = vma->start, end = vma->end;

		if ((vma->flags & SGX_VMA_EPC) &&
		    sgx_encl_clip(sgx_vma_encl(mm, vma), &start, &end))
			(void)sgx_view_protect(mm, vma, start, end, PROT_NONE);
	}
	mm->shown = false;
}

void sgx_view_leave(struct sgx_mm *mm)
{
	uint32_t ticket;

	if (mm->view != SGX_VIEW_HIDDEN)
		return;
	ticket = sgx_lock(&mm->lock);
	if (--mm->inside == 0)
		hide_all(mm);
	sgx_unlock(&mm->lock, ticket);
}

/* Of this one page.  mm->lock is held. */
static bool is_abort_page(struct sgx_mm *mm, uint64_t addr)
{
	const struct sgx_vma *vma = sgx_find_vma(mm, addr);
	struct sgx_encl_page *page;
	uint64_t pa;

	if (!vma || vma->prot == PROT_NONE || vma->pkey)
		return false;
	page = sgx_encl_find_page(mm, sgx_vma_encl(mm, vma),
				  addr & SGX_PAGE_MASK, &pa);
	if (!page || (vma->prot & ~page->vm_max_prot))
		return false;
	return mm->view != SGX_VIEW_SHARED ||
	       sgx_effective_prot(mm, vma, addr) == PROT_NONE;
}

uint64_t sgx_abort_pages(struct sgx_mm *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr;
	uint32_t ticket;

	ticket = sgx_lock(&mm->lock);
	while (end - addr < len && is_abort_page(mm, end))
		end = (end & SGX_PAGE_MASK) + SGX_PAGE_SIZE;
	sgx_unlock(&mm->lock, ticket);
	return end - addr < len ? end - addr : len;
}
