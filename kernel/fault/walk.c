/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page walk: what Linux's page tables, as the model has them, say of an
 * access.  The host's page tables say something else (mm/pte.c); they are asked
 * only where no enclave is mapped.  SDM "Access-control Requirements".
 */
#include <linux/mman.h>

#include "cpu/xsave.h"
#include "kernel/fault/internal.h"
#include "kernel/mm/encl_page.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/view.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"

bool fault_find_vma(struct sgx_mm *mm, uint64_t address, struct sgx_vma *copy)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma = sgx_find_vma(mm, address);

	if (vma)
		*copy = *vma;
	sgx_unlock(&mm->lock, ticket);
	return vma;
}

bool fault_key_denies(const struct lp *lp, const struct sgx_vma *vma,
		      uint32_t access)
{
	uint32_t rights = live_pkru(lp) >> 2 * vma->pkey;

	if (access & PF_INSTR)
		return false;
	return rights &
	       (access & PF_WRITE ? PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE :
				    PKEY_DISABLE_ACCESS);
}

/*
 * DEVIATION DK21: where the EPCM allows nobody anything (a TCS, a page that is
 * pending), the host's page is never present, even after an access.  A page
 * that was used recently counts as present then.  The same holds in a view that
 * hides all pages.
 */
uint32_t fault_present(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint32_t hw_code, uint64_t address)
{
	uint64_t pa = sgx_encl_pa(sgx_vma_encl(mm, vma), address);
	unsigned flags;

	if (!sgx_has_pte(mm, vma, address))
		return 0;
	if (mm->view != SGX_VIEW_HIDDEN && epcm_allows(&mm->cpu, pa, address))
		return hw_code & PF_PROT;
	flags = sgx_page_flags(sgx_page_at(mm, pa));
	return flags & SGX_PAGE_YOUNG ? PF_PROT : 0;
}

/* One walk. */
struct walk {
	struct sgx_mm *mm;
	struct lp *lp;
	struct sgx_vma vma;
	uint64_t la;
	unsigned access;
};

static bool probe(const struct walk *w, struct ksignal *host)
{
	return w->mm->host->probe(w->la, w->access & PF_WRITE, live_pkru(w->lp),
				  host);
}

/* Memory where no enclave is mapped: only an access can tell. */
static int walk_outside(const struct walk *w, uint64_t *pa)
{
	struct ksignal host;

	if (probe(w, &host)) {
		*pa = EPC_NONE;
		return 0;
	}
	because(w->lp, "no enclave is mapped at %x, the kernel refuses", w->la);
	w->lp->fault = (struct fault){ VECTOR_PF, host.error_code, w->la };
	return -1;
}

/*
 * The host's page tables refuse the access as well, and say whether the page is
 * present.  It is not if there was no PTE, even if another thread has loaded
 * the page since.
 */
static int walk_refused(const struct walk *w, bool pte)
{
	uint32_t code = (w->access & (PF_WRITE | PF_INSTR)) | PF_USER, p;
	struct ksignal host = { .error_code = PF_PROT };

	if (pte)
		probe(w, &host);
	p = pte ? fault_present(w->mm, &w->vma, host.error_code, w->la) : 0;
	if (p && fault_key_denies(w->lp, &w->vma, w->access))
		code |= PF_PK;
	because(w->lp, "the page tables refuse: the mapping at %x has %p",
		w->la, w->vma.prot);
	w->lp->fault = (struct fault){ VECTOR_PF, code | p, w->la };
	return -1;
}

static int walk(struct walk *w, uint64_t *pa)
{
	bool pte;

	if (!fault_find_vma(w->mm, w->la, &w->vma))
		return walk_outside(w, pa);
	pte = sgx_has_pte(w->mm, &w->vma, w->la);
	if (!pte || sgx_pte_refuses(&w->vma, w->access) ||
	    fault_key_denies(w->lp, &w->vma, w->access))
		return walk_refused(w, pte);
	*pa = sgx_encl_pa(sgx_vma_encl(w->mm, &w->vma), w->la);
	sgx_page_mark_young(sgx_page_at(w->mm, *pa));
	return 0;
}

/* In the middle of a leaf function, which may be made again. */
int sgx_walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	struct walk w = { lp->walk_ctx, lp, { 0 }, la, access };
	int ret;

	sgx_section_keep(w.mm);
	ret = walk(&w, pa);
	sgx_section_let_go(w.mm);
	return ret;
}

void exc_fault_view(struct sgx_mm *mm, uint64_t address,
		    struct fault_view *view)
{
	struct sgx_encl_page *page;
	const struct epcm *epcm;
	struct sgx_vma vma;
	uint64_t pa;

	*view = (struct fault_view){ .has_vma = fault_find_vma(mm, address,
							       &vma) };
	if (!view->has_vma)
		return;
	view->base = sgx_vma_encl(mm, &vma)->base;
	view->size = sgx_vma_encl(mm, &vma)->size;
	view->vma_prot = vma.prot;
	view->pkey = vma.pkey;
	view->has_pte = sgx_has_pte(mm, &vma, address);
	page = sgx_encl_find_page(mm, sgx_vma_encl(mm, &vma), address, &pa);
	if (!page)
		return;
	epcm = epcm_of(&mm->cpu, pa);
	view->has_page = true;
	view->evicted = sgx_page_flags(page) & SGX_PAGE_EVICTED;
	view->valid = epcm->valid;
	view->pt = epcm->pt;
	view->flags = epcm->flags;
}
