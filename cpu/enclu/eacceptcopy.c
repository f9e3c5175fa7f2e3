/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EACCEPTCOPY: accept a page that EAUG has added, and fill it from another.
 * SDM "EACCEPTCOPY - Initialize a Pending Page", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/guard.h"
#include "cpu/mem.h"
#include "cpu/patch.h"

#define NOT_AS_AUGMENTED "the page at %x is not as EAUG left it"

struct eacceptcopy {
	struct sgx_secinfo secinfo;
	uint64_t secinfo_pa, to_pa, from_pa;
};

static int check_addresses(struct lp *lp, struct eacceptcopy *op)
{
	const struct lp_regs *r = &lp->r;

	if (!is_aligned(r->rbx, sizeof(op->secinfo)) ||
	    !is_aligned(r->rcx, SGX_PAGE_SIZE) ||
	    !is_aligned(r->rdx, SGX_PAGE_SIZE))
		return gp0(lp, NOT_ALIGNED, r->rbx, r->rcx, r->rdx);
	if (!in_elrange(lp, r->rbx) || !in_elrange(lp, r->rcx) ||
	    !in_elrange(lp, r->rdx))
		return gp0(lp, OUTSIDE_ELRANGE, r->rbx, r->rcx, r->rdx);
	if (walk_to_epc(lp, r->rbx, 0, r->rbx, &op->secinfo_pa) ||
	    walk_to_epc(lp, r->rcx, PF_WRITE, r->rcx, &op->to_pa) ||
	    walk_to_epc(lp, r->rdx, 0, r->rdx, &op->from_pa))
		return -1;
	return 0;
}

static int read_secinfo(struct lp *lp, struct eacceptcopy *op)
{
	uint64_t flags;

	if (enclave_page(lp, lp->r.rbx, op->secinfo_pa, 0))
		return -1;
	memcpy(&op->secinfo, epc_ptr(lp->cpu, op->secinfo_pa),
	       sizeof(op->secinfo));
	flags = op->secinfo.flags;
	if (!secinfo_reserved_zero(&op->secinfo))
		return gp0(lp, SECINFO_RESERVED);
	if (flags & SGX_SECINFO_W && !(flags & SGX_SECINFO_R))
		return gp0(lp, "permissions %p: W needs R",
			   flags & SGX_SECINFO_PERMISSION_MASK);
	if (secinfo_pt(&op->secinfo) != PT_REG)
		return gp0(lp, "SECINFO's page type is %t, not PT_REG",
			   secinfo_pt(&op->secinfo));
	return 0;
}

static bool pending(const struct lp *lp, const struct epcm *epcm)
{
	return epcm_valid(epcm) && epcm->pending && !epcm->modified &&
	       !epcm->blocked && epcm->pt == PT_REG &&
	       epcm->enclavesecs == lp->cr_active_secs;
}

/* As EAUG leaves a page. */
static bool as_augmented(const struct lp *lp, const struct epcm *epcm)
{
	return pending(lp, epcm) && epcm->r && epcm->w && !epcm->x &&
	       epcm->enclaveaddress == lp->r.rcx;
}

/*
 *   #GP(0)	RBX, RCX or RDX is not aligned or outside ELRANGE
 *   #PF(...)	RBX, RCX or RDX is not in the EPC
 *   #PF(RBX)	the SECINFO is not in a page that the enclave may read
 *   #GP(0)	SECINFO has reserved bits, or W without R, or is no PT_REG
 *   #PF(RDX)	the enclave may not read the source
 *   SGX_PAGE_ATTRIBUTES_MISMATCH	the target is not pending
 *   #GP(0)	another leaf of SGX2 uses the target
 *   SGX_PAGE_ATTRIBUTES_MISMATCH	the target is not as EAUG makes one
 */
int eacceptcopy(struct lp *lp)
{
	struct eacceptcopy op = { .secinfo_pa = EPC_NONE };

	if (check_addresses(lp, &op) || read_secinfo(lp, &op))
		return -1;
	if (enclave_page(lp, lp->r.rdx, op.from_pa, 0))
		return -1;
	if (!pending(lp, epcm_of(lp->cpu, op.to_pa)))
		return enclu_return(lp, SGX_PAGE_ATTRIBUTES_MISMATCH,
				    NOT_AS_AUGMENTED, lp->r.rcx);

	struct epcm *epcm GUARD(sgx2) = take_sgx2(lp->cpu, op.to_pa);

	if (!epcm)
		return gp0(lp, PAGE_CONFLICT, lp->r.rcx);
	if (!as_augmented(lp, epcm))
		return enclu_return(lp, SGX_PAGE_ATTRIBUTES_MISMATCH,
				    NOT_AS_AUGMENTED, lp->r.rcx);
	memcpy(epc_ptr(lp->cpu, op.to_pa), epc_ptr(lp->cpu, op.from_pa),
	       SGX_PAGE_SIZE);
	patch_original(lp->cpu, op.from_pa, epc_ptr(lp->cpu, op.to_pa),
		       SGX_PAGE_SIZE);
	epcm_change(epcm, SGX_SECINFO_PENDING | SGX_SECINFO_PERMISSION_MASK,
		    op.secinfo.flags & SGX_SECINFO_PERMISSION_MASK);
	return enclu_return(lp, SGX_SUCCESS);
}
