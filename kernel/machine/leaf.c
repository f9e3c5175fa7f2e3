/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU is one instruction on a processor.  Here it takes many, and a page may
 * be written out, restricted or removed in between.  So leaves that change EPCM
 * entries run under the enclave's lock, as the kernel's leaves do.  Leaves that
 * read or write pages of the enclave are made again if they are interrupted.
 * The pages that EEXIT and EDECCSSA use are held (cpu/hold.h).
 */
#include "kernel/machine/leaf.h"
#include "cpu/enclu/enclu.h"
#include "cpu/epcm.h"
#include "cpu/processors.h"
#include "cpu/sgx_arch.h"
#include "kernel/mm/encl_page.h"
#include "kernel/platform/journal.h"
#include "kernel/platform/section.h"

static bool changes_epcm(uint32_t leaf)
{
	return leaf == ENCLU_EACCEPT || leaf == ENCLU_EACCEPTCOPY ||
	       leaf == ENCLU_EMODPE;
}

static struct sgx_encl *active_encl(const struct sgx_mm *mm,
				    const struct lp *lp)
{
	struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		/* epc_base is set last, so it tells whose the space is. */
		if (encl->epc_base == lp->cr_active_secs + SGX_PAGE_SIZE)
			return encl;
	}
	return NULL;
}

struct change {
	struct lp *lp;
	struct sgx_encl *encl;
	struct lp_regs regs;
	int ret;
	bool finished;
};

/* Note the leaf, if its effect on the page will be visible in the entry. */
static void note(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t la)
{
	struct sgx_encl_page *page;
	const struct epcm *epcm;
	uint64_t pa;

	page = sgx_encl_find_page(mm, encl, la, &pa);
	if (!page || !sgx_page_present(page))
		return;
	epcm = epcm_of(&mm->cpu, pa);
	if (epcm->pending || epcm->modified || epcm->pr)
		sgx_journal_begin(encl, SGX_DOING_EACCEPT, pa);
}

static int change_locked(struct sgx_mm *mm, void *arg)
{
	struct change *c = arg;

	c->finished = false;
	c->lp->r = c->regs;
	if ((uint32_t)c->lp->r.rax != ENCLU_EMODPE)
		note(mm, c->encl, c->lp->r.rcx);
	c->ret = enclu(c->lp);
	c->finished = true;
	return 0;
}

static int change(struct sgx_mm *mm, struct lp *lp)
{
	struct change c = { .lp = lp,
			    .encl = active_encl(mm, lp),
			    .regs = lp->r };

	if (!c.encl)
		return enclu(lp); /* it was lost: the leaf faults */
	sgx_locked(mm, c.encl, change_locked, &c);
	if (c.finished)
		return c.ret;
	lp->r = c.regs;
	enclu_done(lp);
	return 0;
}

static int use(struct sgx_mm *mm, void *arg)
{
	struct lp *lp = arg;
	int ret;

	(void)mm;
	if (lp->cr_enclave_mode)
		processor_join(lp, lp->cr_active_secs);
	ret = enclu(lp);
	processor_park(lp);
	return ret;
}

int sgx_enclu(struct sgx_mm *mm, struct lp *lp)
{
	uint32_t leaf = (uint32_t)lp->r.rax;

	if (lp->cr_enclave_mode && changes_epcm(leaf))
		return change(mm, lp);
	if (lp->cr_enclave_mode &&
	    (leaf == ENCLU_EEXIT || leaf == ENCLU_EDECCSSA))
		return enclu(lp);
	return sgx_in_leaf(mm, lp, use, lp);
}
