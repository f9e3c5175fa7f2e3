/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What code outside an enclave sees of the EPC: the abort page, which reads as
 * ones and ignores writes.  The host's page tables are one view for all threads
 * of a process.  A protection key, or no access at all while no thread is
 * inside, keeps threads outside from what threads inside may use.
 * SDM "Access-control Requirements".
 */
#include <linux/mman.h>

#include "kernel/mm/encl_page.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/view.h"
#include "kernel/mm/vma.h"

#define FORGET_AFTER 256           /* entries */
#define ONE_HULL     (16ull << 20) /* bytes that one call can hide fast */

void sgx_view_init(struct sgx_mm *mm, enum sgx_view view, int pkey)
{
	mm->view = (uint32_t)view;
	mm->view_pkey = pkey;
	mm->inside = 0;
	mm->nr_recent = 0;
	mm->stays = 0;
	mm->scattered = false;
}

/* What threads inside use is shown at once when a thread enters again. */
static void remember(struct sgx_mm *mm, uint64_t start, uint64_t end)
{
	struct sgx_range *r = mm->recent;

	for (; r < mm->recent + mm->nr_recent; r++) {
		if (start > r->end || end < r->start)
			continue;
		r->start = start < r->start ? start : r->start;
		r->end = end > r->end ? end : r->end;
		return;
	}
	if (mm->nr_recent == SGX_RECENT)
		mm->scattered = true;
	else
		mm->recent[mm->nr_recent++] = (struct sgx_range){ start, end };
}

/*
 * A key of the program's own has priority: it must refuse what the program
 * wants refused.  Execute-only memory has a key of the host's.
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
	if (prot != PROT_NONE && mm->view == SGX_VIEW_HIDDEN)
		remember(mm, start, end);
	if (vma->pkey)
		pkey = vma->pkey;
	else if (mm->view == SGX_VIEW_KEY && prot != PROT_EXEC)
		pkey = mm->view_pkey;
	return mm->host->protect(start, end - start, prot, pkey, pa);
}

/* The part of [start, end) that shows EPC in the mapping. */
static bool clip(struct sgx_mm *mm, const struct sgx_vma *vma, uint64_t *start,
		 uint64_t *end)
{
	*start = vma->start > *start ? vma->start : *start;
	*end = vma->end < *end ? vma->end : *end;
	return *start < *end && (vma->flags & SGX_VMA_EPC) &&
	       sgx_encl_clip(sgx_vma_encl(mm, vma), start, end);
}

static void show(struct sgx_mm *mm, struct sgx_range r)
{
	const struct sgx_vma *vma;

	for_each_vma(vma, mm) {
		uint64_t start = r.start, end = r.end;

		/* If the host refuses, it is shown when it is used. */
		if (clip(mm, vma, &start, &end))
			(void)sgx_show_range(mm, vma, start, end);
	}
}

/* From time to time begin with nothing, to forget what is not used any more. */
static void show_recent(struct sgx_mm *mm)
{
	uint32_t n = mm->nr_recent;

	if (++mm->stays % FORGET_AFTER == 0)
		n = mm->nr_recent = 0;
	for (uint32_t i = 0; i < n; i++)
		show(mm, mm->recent[i]);
}

void sgx_view_enter(struct sgx_mm *mm)
{
	struct sgx_ticket ticket;

	if (mm->view != SGX_VIEW_HIDDEN)
		return;
	ticket = sgx_lock(&mm->lock);
	if (mm->inside++ == 0)
		show_recent(mm);
	sgx_unlock(&mm->lock, ticket);
}

static void hide(struct sgx_mm *mm, struct sgx_range r)
{
	const struct sgx_vma *vma;

	for_each_vma(vma, mm) {
		uint64_t start = r.start, end = r.end;

		if (clip(mm, vma, &start, &end))
			(void)sgx_view_protect(mm, vma, start, end, PROT_NONE);
	}
}

/* From the first of them to the last. */
static struct sgx_range hull(const struct sgx_mm *mm)
{
	struct sgx_range r = mm->recent[0];

	for (uint32_t i = 1; i < mm->nr_recent; i++) {
		const struct sgx_range *next = &mm->recent[i];

		r.start = next->start < r.start ? next->start : r.start;
		r.end = next->end > r.end ? next->end : r.end;
	}
	return r;
}

/* Is it one enclave's memory throughout, and small enough for one call? */
static bool is_one(struct sgx_mm *mm, struct sgx_range r)
{
	const struct sgx_vma *first = sgx_find_vma(mm, r.start), *vma = first;
	uint64_t start = r.start, end = r.end;

	if (!first || end - start > ONE_HULL ||
	    !sgx_encl_clip(sgx_vma_encl(mm, first), &start, &end) ||
	    start != r.start || end != r.end)
		return false;
	while (vma && (vma->flags & SGX_VMA_EPC) && vma->encl == first->encl) {
		if (vma->end >= r.end)
			return true;
		vma = sgx_find_vma(mm, vma->end);
	}
	return false;
}

/* Memory becomes visible again when it is used, or when a thread enters. */
static void hide_all(struct sgx_mm *mm)
{
	struct sgx_range all = { 0, UINT64_MAX };

	if (mm->shown && mm->nr_recent && !mm->scattered) {
		all = hull(mm);
		if (is_one(mm, all)) {
			(void)sgx_view_protect(mm, sgx_find_vma(mm, all.start),
					       all.start, all.end, PROT_NONE);
			mm->shown = false;
		}
	}
	if (mm->shown)
		hide(mm, all);
	mm->shown = mm->scattered = false;
}

void sgx_view_leave(struct sgx_mm *mm)
{
	struct sgx_ticket ticket;

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
	struct sgx_ticket ticket;

	ticket = sgx_lock(&mm->lock);
	while (end - addr < len && is_abort_page(mm, end))
		end = (end & SGX_PAGE_MASK) + SGX_PAGE_SIZE;
	sgx_unlock(&mm->lock, ticket);
	return end - addr < len ? end - addr : len;
}
