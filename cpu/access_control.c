/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Access control: what an enclave may do with memory is the logical AND of the
 * page tables and the EPCM, asked in that order.
 * SDM "Access-control Requirements", "Segment-based Access Control",
 * "Page-based Access Control".
 */
#include "cpu/access_control.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"

/* "Accessible": the EPCM's conditions that hold for every kind of access. */
static bool epcm_usable(const struct epcm *epcm, uint64_t la, uint64_t secs_pa)
{
	return epcm_valid(epcm) && epcm->pt == PT_REG && !epcm->blocked &&
	       !epcm->pending && !epcm->modified &&
	       epcm->enclavesecs == secs_pa &&
	       epcm->enclaveaddress == (la & SGX_PAGE_MASK);
}

static bool epcm_permits(const struct epcm *epcm, unsigned access)
{
	if (access & PF_INSTR)
		return epcm->x;
	return access & PF_WRITE ? epcm->w : epcm->r;
}

static void note(struct lp *lp, uint64_t la, const struct epcm *epcm,
		 uint64_t secs_pa)
{
	if (!epcm_valid(epcm))
		because(lp,
			"the EPCM refuses: its entry for %x is invalid "
			"(the EPC was lost, or the page removed)",
			la);
	else if (epcm->enclavesecs != secs_pa)
		because(lp,
			"the EPCM refuses: the page at %x is another "
			"enclave's",
			la);
	else if (epcm->enclaveaddress != (la & SGX_PAGE_MASK))
		because(lp, "the EPCM refuses: the page at %x was added for %x",
			la, epcm->enclaveaddress);
	else if (epcm->blocked)
		because(lp, "the EPCM refuses: the page at %x is BLOCKED", la);
	else if (epcm->pending || epcm->modified)
		because(lp,
			"the EPCM refuses: the page at %x awaits an "
			"EACCEPT (PENDING %u, MODIFIED %u)",
			la, epcm->pending, epcm->modified);
	else
		because(lp, "the EPCM refuses: the page at %x is a %t, with %p",
			la, epcm->pt,
			epcm->flags & SGX_SECINFO_PERMISSION_MASK);
}

int epcm_pf(struct lp *lp, uint64_t la, uint32_t bits, const struct epcm *epcm,
	    uint64_t secs_pa)
{
	note(lp, la, epcm, secs_pa);
	return pf(lp, la, bits);
}

int walk_to_epc(struct lp *lp, uint64_t la, unsigned access, uint64_t report,
		uint64_t *pa)
{
	if (!canonical(la))
		return gp0(lp, "%x is not canonical", la);
	if (lp->walk(lp, la, access, pa))
		return -1;
	if (*pa == EPC_NONE)
		return pf(lp, report, PF_SGX | access,
			  "%x is ordinary memory, not the EPC", la);
	return 0;
}

/* DEVIATION DC14: error code of a leaf's own #PF: P, U, SGX, W of writes. */
int enclave_page(struct lp *lp, uint64_t la, uint64_t pa, unsigned access)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (!epcm_usable(epcm, la, lp->cr_active_secs) ||
	    !epcm_permits(epcm, access))
		return epcm_pf(lp, la, PF_SGX | access, epcm,
			       lp->cr_active_secs);
	return 0;
}

int enclave_access(struct lp *lp, uint64_t la, unsigned access)
{
	uint64_t pa;

	if (!canonical(la))
		return gp0(lp, "%x is not canonical", la);
	/* DEVIATION DC12: a fetch outside ELRANGE: #GP even if not mapped. */
	if (access & PF_INSTR && !in_elrange(lp, la))
		return gp0(lp, "execution left ELRANGE, for %x", la);
	if (!in_elrange(lp, la))
		return lp->walk(lp, la, access, &pa);
	/* DEVIATION DC13: ELRANGE backed by no EPC: #PF with the SGX bit. */
	if (walk_to_epc(lp, la, access, la, &pa))
		return -1;
	return enclave_page(lp, la, pa, access);
}

int enclave_operand(struct lp *lp, uint64_t la, uint64_t alignment,
		    unsigned access, uint64_t *pa)
{
	if (!is_aligned(la, alignment) || !in_elrange(lp, la))
		return gp0(lp,
			   "the operand %x is not aligned to %u, or "
			   "outside ELRANGE",
			   la, alignment);
	if (walk_to_epc(lp, la, access, la, pa))
		return -1;
	return enclave_page(lp, la, *pa, access);
}

int ssa_page(struct lp *lp, uint64_t la, uint64_t secs_pa, uint64_t report,
	     uint64_t *pa)
{
	const struct epcm *epcm;

	if (walk_to_epc(lp, la, PF_WRITE, report, pa))
		return -1;
	epcm = epcm_of(lp->cpu, *pa);
	if (!epcm_usable(epcm, la, secs_pa) || !epcm->r || !epcm->w)
		return epcm_pf(lp, report, PF_SGX | PF_WRITE, epcm, secs_pa);
	return 0;
}
