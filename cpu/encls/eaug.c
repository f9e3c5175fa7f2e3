/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAUG: add a page of zeros to an enclave that runs.  It is pending until the
 * enclave accepts it.
 * SDM "EAUG - Add a Page to an Initialized Enclave", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/secs.h"

struct eaug {
	struct sgx_pageinfo pageinfo;
	uint64_t pa, secs_pa;
};

static int check_operands(struct lp *lp, struct eaug *op)
{
	const struct sgx_pageinfo *pageinfo = &op->pageinfo;

	if (!is_aligned(pageinfo->secinfo, sizeof(struct sgx_secinfo)))
		return gp0(lp, "SECINFO %x is not aligned", pageinfo->secinfo);
	if (!is_aligned(pageinfo->secs, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo->linaddr, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x or LINADDR %x is not page aligned",
			   pageinfo->secs, pageinfo->linaddr);
	if (pageinfo->srcpge)
		return gp0(lp, "SRCPGE %x is not 0", pageinfo->srcpge);
	if (!epc_address(lp->cpu, pageinfo->secs, &op->secs_pa))
		return encls_pf(lp, pageinfo->secs, NOT_IN_THE_EPC,
				pageinfo->secs);
	return 0;
}

/* Both pages are locked. */
static int eaug_locked(struct lp *lp, const struct eaug *op)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, op->secs_pa);
	struct secs_hidden *hidden = secs_hidden_at(lp->cpu, op->secs_pa);

	if (!epcm_is_secs(epcm_of(lp->cpu, op->secs_pa)))
		return encls_pf(lp, op->pageinfo.secs, NO_SECS,
				op->pageinfo.secs);
	if (!secs_initialised(secs))
		return gp0(lp, NO_EINIT);
	if (!secs_holds(secs, op->pageinfo.linaddr))
		return gp0(lp, "LINADDR %x is outside ELRANGE",
			   op->pageinfo.linaddr);
	memset(epc_ptr(lp->cpu, op->pa), 0, SGX_PAGE_SIZE);
	__atomic_fetch_add(&hidden->children, 1, __ATOMIC_SEQ_CST);
	epcm_set(epcm_of(lp->cpu, op->pa), PT_REG,
		 SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_PENDING,
		 op->secs_pa, op->pageinfo.linaddr);
	return 0;
}

static int eaug_page_locked(struct lp *lp, const struct eaug *op)
{
	struct epcm *secs_epcm = epcm_of(lp->cpu, op->secs_pa);
	int ret;

	if (epcm_valid(epcm_of(lp->cpu, op->pa)))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, op->pa);
	/* A SECINFO is for shadow stack pages, which are not enumerated. */
	if (op->pageinfo.secinfo)
		return gp0(lp, "SECINFO %x is not 0", op->pageinfo.secinfo);
	if (!epcm_trylock_shared(secs_epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op->secs_pa);
	ret = eaug_locked(lp, op);
	epcm_unlock_shared(secs_epcm);
	return ret;
}

int eaug(struct lp *lp)
{
	struct epcm *epcm;
	struct eaug op;
	int ret;

	if (encls_new_page(lp, &op.pageinfo, &op.pa))
		return -1;
	if (check_operands(lp, &op))
		return -1;
	epcm = epcm_of(lp->cpu, op.pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op.pa);
	ret = eaug_page_locked(lp, &op);
	epcm_unlock_exclusive(epcm);
	return ret;
}
