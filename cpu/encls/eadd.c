/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EADD: add a page to an enclave that is not initialised yet.
 * SDM "EADD - Add a Page to an Uninitialized Enclave", Operation.  Shadow
 * stack pages are not enumerated.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/measure.h"
#include "cpu/mem.h"

struct eadd {
	struct sgx_pageinfo pageinfo;
	struct sgx_secinfo secinfo;
	uint64_t pa, secs_pa;
};

static int check_operands(struct lp *lp, struct eadd *op)
{
	const struct sgx_pageinfo *pageinfo = &op->pageinfo;
	const struct sgx_secinfo *secinfo = &op->secinfo;

	if (!is_aligned(pageinfo->srcpge, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo->secs, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo->linaddr, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo->secinfo, sizeof(*secinfo)))
		return gp0(lp, "LINADDR %x, SRCPGE %x or SECINFO %x is not "
			   "aligned", pageinfo->linaddr, pageinfo->srcpge,
			   pageinfo->secinfo);
	if (!epc_address(lp->cpu, pageinfo->secs, &op->secs_pa))
		return encls_pf(lp, pageinfo->secs, NOT_IN_THE_EPC,
				pageinfo->secs);
	memcpy(&op->secinfo, encls_operand(pageinfo->secinfo),
	       sizeof(*secinfo));
	/* DEVIATION DC4: PENDING, MODIFIED, PR: measured, without effect. */
	if (!secinfo_reserved_zero(secinfo))
		return gp0(lp, "reserved fields of SECINFO are not zero");
	if (secinfo_pt(secinfo) != PT_REG && secinfo_pt(secinfo) != PT_TCS)
		return gp0(lp, "SECINFO's page type is %t, neither PT_REG nor "
			   "PT_TCS", secinfo_pt(secinfo));
	return 0;
}

/* A segment limit that covers whole pages. */
static bool limit_legal(uint32_t limit)
{
	return (limit & 0xfff) == 0xfff;
}

static int check_tcs(struct lp *lp, const struct sgx_secs *secs,
		     const struct sgx_tcs *tcs)
{
	/*
	 * Without CET its two fields are reserved as well.
	 * DEVIATION DC5: reserved bits of FLAGS are for EENTER to refuse.
	 */
	if (tcs->ocetssa || tcs->prevssp ||
	    !mem_is_zero(tcs->reserved, sizeof(tcs->reserved)))
		return gp0(lp, "reserved fields of the TCS are not zero");
	if (!(secs->attributes & SGX_ATTR_MODE64BIT) &&
	    (!limit_legal(tcs->fslimit) || !limit_legal(tcs->gslimit)))
		return gp0(lp, "TCS.FSLIMIT %x or GSLIMIT %x does not end in "
			   "fff, and the enclave is not of 64 bits",
			   tcs->fslimit, tcs->gslimit);
	return 0;
}

static int check_page(struct lp *lp, const struct eadd *op,
		      const struct sgx_secs *secs)
{
	uint64_t flags = op->secinfo.flags;

	if (secinfo_pt(&op->secinfo) == PT_TCS &&
	    check_tcs(lp, secs, epc_ptr(lp->cpu, op->pa)))
		return -1;
	if (secinfo_pt(&op->secinfo) == PT_REG && (flags & SGX_SECINFO_W) &&
	    !(flags & SGX_SECINFO_R))
		return gp0(lp, "SECINFO's permissions are %p: W needs R",
			   flags & SGX_SECINFO_PERMISSION_MASK);
	if (!secs_holds(secs, op->pageinfo.linaddr))
		return gp0(lp, "LINADDR %x is outside ELRANGE",
			   op->pageinfo.linaddr);
	return 0;
}

/* What software may not choose about a new thread. */
static void settle_tcs(struct sgx_tcs *tcs)
{
	tcs->flags &= ~TCS_DBGOPTIN;
	tcs->cssa = 0;
	tcs->aep = 0;
	tcs->state = TCS_INACTIVE;
}

static int add(struct lp *lp, struct eadd *op, const struct sgx_secs *secs)
{
	struct secs_hidden *hidden = secs_hidden_at(lp->cpu, op->secs_pa);
	unsigned pt = secinfo_pt(&op->secinfo);

	if (secs_initialised(secs))
		return gp0(lp, "EINIT has been done already");
	if (pt == PT_TCS) {
		op->secinfo.flags &= ~SGX_SECINFO_PERMISSION_MASK;
		settle_tcs(epc_ptr(lp->cpu, op->pa));
	}
	measure_eadd(hidden, op->pageinfo.linaddr - secs->baseaddr,
		     &op->secinfo);
	__atomic_fetch_add(&hidden->children, 1, __ATOMIC_SEQ_CST);
	epcm_set(epcm_of(lp->cpu, op->pa), pt,
		 op->secinfo.flags & SGX_SECINFO_PERMISSION_MASK, op->secs_pa,
		 op->pageinfo.linaddr);
	return 0;
}

/* Both pages are locked. */
static int eadd_locked(struct lp *lp, struct eadd *op)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, op->secs_pa);
	struct secs_hidden *hidden = secs_hidden_at(lp->cpu, op->secs_pa);
	int ret;

	if (!epcm_is_secs(epcm_of(lp->cpu, op->secs_pa)))
		return encls_pf(lp, op->pageinfo.secs, NO_SECS,
				op->pageinfo.secs);
	memcpy(epc_ptr(lp->cpu, op->pa), encls_operand(op->pageinfo.srcpge),
	       SGX_PAGE_SIZE);
	if (check_page(lp, op, secs))
		return -1;
	if (!secs_trylock_measurement(hidden))
		return gp0(lp, MEASUREMENT_CONFLICT);
	ret = add(lp, op, secs);
	secs_unlock_measurement(hidden);
	return ret;
}

static int eadd_page_locked(struct lp *lp, struct eadd *op)
{
	struct epcm *secs_epcm = epcm_of(lp->cpu, op->secs_pa);
	int ret;

	if (epcm_valid(epcm_of(lp->cpu, op->pa)))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, op->pa);
	if (!epcm_trylock_shared(secs_epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op->secs_pa);
	ret = eadd_locked(lp, op);
	epcm_unlock_shared(secs_epcm);
	return ret;
}

int eadd(struct lp *lp)
{
	struct epcm *epcm;
	struct eadd op;
	int ret;

	if (encls_new_page(lp, &op.pageinfo, &op.pa))
		return -1;
	if (check_operands(lp, &op))
		return -1;
	epcm = epcm_of(lp->cpu, op.pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op.pa);
	ret = eadd_page_locked(lp, &op);
	epcm_unlock_exclusive(epcm);
	return ret;
}
