/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EADD: add a page to an enclave that is not initialised yet.
 * SDM "EADD - Add a Page to an Uninitialized Enclave", Operation.  Shadow
 * stack pages are not enumerated.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/measure.h"
#include "cpu/mem.h"

static int check_secinfo(struct lp *lp, const struct sgx_secinfo *secinfo)
{
	/* DEVIATION DC4: PENDING, MODIFIED, PR: measured, without effect. */
	if (!secinfo_reserved_zero(secinfo))
		return gp0(lp, "reserved fields of SECINFO are not zero");
	if (secinfo_pt(secinfo) != PT_REG && secinfo_pt(secinfo) != PT_TCS)
		return gp0(lp,
			   "SECINFO's page type is %t, neither PT_REG nor "
			   "PT_TCS",
			   secinfo_pt(secinfo));
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
		return gp0(lp,
			   "TCS.FSLIMIT %x or GSLIMIT %x does not end in "
			   "fff, and the enclave is no 64-bit one",
			   tcs->fslimit, tcs->gslimit);
	return 0;
}

/* The page's content, and what it is to be. */
static int check_page(struct lp *lp, const struct sgx_secs *secs,
		      const struct sgx_secinfo *secinfo, const void *page)
{
	if (secinfo_pt(secinfo) == PT_TCS)
		return check_tcs(lp, secs, page);
	if (secinfo->flags & SGX_SECINFO_W && !(secinfo->flags & SGX_SECINFO_R))
		return gp0(lp, "SECINFO's permissions are %p: W needs R",
			   secinfo->flags & SGX_SECINFO_PERMISSION_MASK);
	return 0;
}

/* The fields of a new thread that software does not choose. */
static void settle_tcs(struct sgx_secinfo *secinfo, struct sgx_tcs *tcs)
{
	secinfo->flags &= ~SGX_SECINFO_PERMISSION_MASK;
	tcs->flags &= ~TCS_DBGOPTIN;
	tcs->cssa = 0;
	tcs->aep = 0;
	tcs->state = TCS_INACTIVE;
}

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SRCPGE, SECS, LINADDR or SECINFO is not aligned
 *   #PF(SECS)	SECS is not in the EPC
 *   #GP(0)	SECINFO has reserved bits, or its type is not REG or TCS
 *   #GP(0)	another leaf uses the page
 *   #PF(RCX)	the page is valid
 *   #GP(0)	another leaf uses the SECS exclusively
 *   #PF(SECS)	SECS is no SECS
 *   #GP(0)	a TCS has reserved bits, or limits that are not legal
 *   #GP(0)	a PT_REG has W without R
 *   #GP(0)	LINADDR is outside ELRANGE
 *   #GP(0)	another leaf is measuring, or EINIT has been done
 */
int eadd(struct lp *lp)
{
	const struct sgx_secs *secs;
	struct sgx_pageinfo pageinfo;
	struct sgx_secinfo secinfo;
	uint64_t pa, secs_pa;

	if (encls_new_page(lp, &pageinfo, &pa))
		return -1;
	if (!is_aligned(pageinfo.srcpge, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo.secs, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo.linaddr, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo.secinfo, sizeof(secinfo)))
		return gp0(lp,
			   "LINADDR %x, SRCPGE %x or SECINFO %x is not "
			   "aligned",
			   pageinfo.linaddr, pageinfo.srcpge, pageinfo.secinfo);
	if (!epc_address(lp->cpu, pageinfo.secs, &secs_pa))
		return encls_pf(lp, pageinfo.secs, NOT_IN_THE_EPC,
				pageinfo.secs);
	memcpy(&secinfo, encls_operand(pageinfo.secinfo), sizeof(secinfo));
	if (check_secinfo(lp, &secinfo))
		return -1;

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, pa);

	struct epcm *secs_epcm GUARD(shared) = take_shared(lp->cpu, secs_pa);

	if (!secs_epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, secs_pa);
	if (!epcm_is_secs(secs_epcm))
		return encls_pf(lp, pageinfo.secs, NO_SECS, pageinfo.secs);
	secs = secs_at(lp->cpu, secs_pa);
	memcpy(epc_ptr(lp->cpu, pa), encls_operand(pageinfo.srcpge),
	       SGX_PAGE_SIZE);
	if (check_page(lp, secs, &secinfo, epc_ptr(lp->cpu, pa)))
		return -1;
	if (!secs_holds(secs, pageinfo.linaddr))
		return gp0(lp, "LINADDR %x is outside ELRANGE",
			   pageinfo.linaddr);

	struct secs_hidden *hidden GUARD(measurement) =
		take_measurement(lp->cpu, secs_pa);

	if (!hidden)
		return gp0(lp, MEASUREMENT_CONFLICT);
	if (secs_initialised(secs))
		return gp0(lp, "EINIT has been done already");
	if (secinfo_pt(&secinfo) == PT_TCS)
		settle_tcs(&secinfo, epc_ptr(lp->cpu, pa));
	measure_eadd(hidden, pageinfo.linaddr - secs->baseaddr, &secinfo);
	secs_add_child(lp->cpu, secs_pa);
	epcm_set(epcm, secinfo_pt(&secinfo),
		 secinfo.flags & SGX_SECINFO_PERMISSION_MASK, secs_pa,
		 pageinfo.linaddr);
	return 0;
}
