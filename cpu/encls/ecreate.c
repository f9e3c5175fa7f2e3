/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ECREATE: make a SECS, and so an enclave, in a free EPC page.
 * SDM "ECREATE - Create an SECS page in the Enclave Page Cache", Operation.
 * CET is not enumerated, so its fields count as reserved.
 */
#include "cpu/access_control.h"
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/measure.h"
#include "cpu/mem.h"
#include "cpu/xsave.h"

static bool is_secinfo_of_secs(const struct sgx_secinfo *secinfo)
{
	return !(secinfo->flags & SGX_SECINFO_RESERVED_MASK) &&
	       mem_is_zero(secinfo->reserved, sizeof(secinfo->reserved)) &&
	       secinfo_pt(secinfo) == PT_SECS;
}

static int check_xfrm(struct lp *lp, uint64_t xfrm)
{
	const struct package *package = lp->cpu->package;

	if (xfrm_legal(package, xfrm))
		return 0;
	if (xfrm & ~package->xfrm)
		because(lp,
			"SECS.ATTRIBUTES.XFRM is %x, this platform has %x "
			"(bits %x are missing)",
			xfrm, package->xfrm, xfrm & ~package->xfrm);
	else
		because(lp,
			"SECS.ATTRIBUTES.XFRM %x is not legal in XCR0: it "
			"needs x87 and SSE, AVX-512 with AVX, components whole",
			xfrm);
	return gp0(lp);
}

static int check_ssaframesize(struct lp *lp, const struct sgx_secs *secs)
{
	uint64_t need = xsave_size(lp->cpu->package, secs->xfrm) +
			sizeof(struct sgx_gprsgx);

	if (secs->miscselect & SGX_MISC_EXINFO)
		need += sizeof(struct sgx_exinfo);
	if (secs->ssaframesize * SGX_PAGE_SIZE < need)
		return gp0(lp,
			   "SECS.SSAFRAMESIZE is %u pages, XFRM and "
			   "MISCSELECT need %u bytes",
			   secs->ssaframesize, need);
	return 0;
}

static int check_range(struct lp *lp, const struct sgx_secs *secs)
{
	const struct package *package = lp->cpu->package;
	bool mode64 = secs->attributes & SGX_ATTR_MODE64BIT;
	unsigned log2 = mode64 ? package->size_log2_64 :
				 package->size_log2_not64;

	if (mode64 ? !canonical(secs->baseaddr) : secs->baseaddr >> 32 != 0)
		return gp0(lp, "SECS.BASEADDR %x is not canonical",
			   secs->baseaddr);
	/* DEVIATION DC1: a SIZE of exactly 2^n is refused. */
	if (secs->size >= 1ull << log2)
		return gp0(lp,
			   "SECS.SIZE is %x, this platform's are less than "
			   "%x",
			   secs->size, 1ull << log2);
	if (secs->size < 2 * SGX_PAGE_SIZE ||
	    !is_aligned(secs->size, secs->size))
		return gp0(lp,
			   "SECS.SIZE %x is no power of two, or less than "
			   "two pages",
			   secs->size);
	if (!is_aligned(secs->baseaddr, secs->size))
		return gp0(lp, "SECS.BASEADDR %x is not aligned to SIZE %x",
			   secs->baseaddr, secs->size);
	return 0;
}

static bool reserved_zero(const struct sgx_secs *secs)
{
	return mem_is_zero(secs->reserved1, sizeof(secs->reserved1)) &&
	       mem_is_zero(secs->reserved2, sizeof(secs->reserved2)) &&
	       mem_is_zero(secs->reserved3, sizeof(secs->reserved3)) &&
	       mem_is_zero(secs->reserved4, sizeof(secs->reserved4));
}

static bool kss_legal(const struct sgx_secs *secs)
{
	if (secs->attributes & SGX_ATTR_KSS)
		return true;
	return !secs->configsvn &&
	       mem_is_zero(secs->configid, sizeof(secs->configid));
}

static int check_secs(struct lp *lp, const struct sgx_secs *secs)
{
	const struct package *package = lp->cpu->package;

	if (check_xfrm(lp, secs->xfrm))
		return -1;
	if (secs->cet_leg_bitmap_offset || secs->cet_attributes)
		return gp0(lp, "SECS has CET_LEG_BITMAP_OFFSET or "
			       "CET_ATTRIBUTES, this platform has no CET");
	/* DEVIATION DC2: a MISCSELECT of zero is legal. */
	if (secs->miscselect & ~package->miscselect)
		return gp0(lp, "SECS.MISCSELECT is %x, this platform has %x",
			   secs->miscselect, package->miscselect);
	if (check_ssaframesize(lp, secs) || check_range(lp, secs))
		return -1;
	if (secs->attributes & ~package->attributes)
		return gp0(lp,
			   "SECS.ATTRIBUTES are %x, this platform has %x "
			   "(bits %x are missing)",
			   secs->attributes, package->attributes,
			   secs->attributes & ~package->attributes);
	if (!reserved_zero(secs))
		return gp0(lp, "reserved fields of the SECS are not zero");
	if (!kss_legal(secs))
		return gp0(lp,
			   "SECS has CONFIGID or CONFIGSVN %u without "
			   "ATTRIBUTES.KSS",
			   secs->configsvn);
	return 0;
}

static void initialise(struct cpu *cpu, uint64_t pa, struct sgx_secs *secs)
{
	struct secs_hidden *hidden = secs_hidden_at(cpu, pa);

	/* DEVIATION DC3: input MRENCLAVE, MRSIGNER: not checked, cleared. */
	memset(secs->mrenclave, 0, sizeof(secs->mrenclave));
	memset(secs->mrsigner, 0, sizeof(secs->mrsigner));
	secs->isvprodid = 0;
	secs->isvsvn = 0;
	hidden->eid = __atomic_fetch_add(&cpu->package->cr_next_eid, 1,
					 __ATOMIC_RELAXED);
	hidden->enclavecontext = pa;
	hidden->epoch = 1;
	measure_ecreate(secs, hidden);
}

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	SRCPGE or SECINFO is not aligned, or LINADDR or SECS not 0
 *   #GP(0)	SECINFO has reserved bits, or its type is not SECS
 *   #GP(0)	another leaf uses the page
 *   #PF(RCX)	the page is valid
 *   #GP(0)	a field of the SECS is not legal, in check_secs()'s order
 */
int ecreate(struct lp *lp)
{
	struct sgx_pageinfo pageinfo;
	struct sgx_secinfo secinfo;
	struct sgx_secs *secs;
	uint64_t pa;

	if (encls_new_page(lp, &pageinfo, &pa))
		return -1;
	if (!is_aligned(pageinfo.srcpge, SGX_PAGE_SIZE) ||
	    !is_aligned(pageinfo.secinfo, sizeof(secinfo)))
		return gp0(lp, "SRCPGE %x or SECINFO %x is not aligned",
			   pageinfo.srcpge, pageinfo.secinfo);
	if (pageinfo.linaddr || pageinfo.secs)
		return gp0(lp, "LINADDR %x and SECS %x of PAGEINFO are not 0",
			   pageinfo.linaddr, pageinfo.secs);
	memcpy(&secinfo, encls_operand(pageinfo.secinfo), sizeof(secinfo));
	if (!is_secinfo_of_secs(&secinfo))
		return gp0(lp, "SECINFO.FLAGS %x are not those of a SECS",
			   secinfo.flags);

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, pa);
	secs = secs_at(lp->cpu, pa);
	memcpy(secs, encls_operand(pageinfo.srcpge), SGX_PAGE_SIZE);
	if (check_secs(lp, secs))
		return -1;
	initialise(lp->cpu, pa, secs);
	epcm_set(epcm, PT_SECS, 0, EPC_NONE, 0);
	return 0;
}
