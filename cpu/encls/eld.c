/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ELDB, ELDU: load a page that EWB has written out, blocked or not.
 * SDM "ELDB/ELDU/ELDBC/ELDUC - Load an EPC Page and Mark its State", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"
#include "cpu/paging.h"

struct eld {
	struct sgx_pageinfo pageinfo;
	struct sgx_pcmd pcmd;
	uint64_t pa, slot_pa;
	uint64_t secs_pa; /* EPC_NONE: the page has no SECS */
};

/* Authentic, and not loaded before: then the version is used up. */
static bool decrypt(struct lp *lp, const struct eld *op)
{
	uint64_t *slot = epc_ptr(lp->cpu, op->slot_pa);
	uint64_t version = __atomic_load_n(slot, __ATOMIC_SEQ_CST);
	struct paging_header header = {
		.linaddr = op->pageinfo.linaddr,
		.secinfo = op->pcmd.secinfo,
	};

	if (op->secs_pa != EPC_NONE)
		header.eid = secs_hidden_at(lp->cpu, op->secs_pa)->eid;
	memcpy(header.reserved, op->pcmd.reserved, sizeof(header.reserved));
	if (!paging_open(lp->cpu->package, version, &header,
			 encls_operand(op->pageinfo.srcpge),
			 epc_ptr(lp->cpu, op->pa), op->pcmd.mac))
		return false;
	/* DEVIATION DC23: of two that use one slot at a time, one fails. */
	return __atomic_compare_exchange_n(slot, &version, 0, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static int check_operands(struct lp *lp, struct eld *op)
{
	const struct sgx_pageinfo *pageinfo = &op->pageinfo;

	if (!is_aligned(lp->r.rdx, sizeof(uint64_t)))
		return gp0(lp, "the VA slot %x is not aligned", lp->r.rdx);
	if (!epc_address(lp->cpu, lp->r.rdx, &op->slot_pa))
		return encls_pf(lp, lp->r.rdx, NOT_IN_THE_EPC, lp->r.rdx);
	if (!is_aligned(pageinfo->secinfo, sizeof(op->pcmd)) ||
	    !is_aligned(pageinfo->srcpge, SGX_PAGE_SIZE))
		return gp0(lp, "PCMD %x or SRCPGE %x is not aligned",
			   pageinfo->secinfo, pageinfo->srcpge);
	memcpy(&op->pcmd, encls_operand(pageinfo->secinfo), sizeof(op->pcmd));
	return 0;
}

/*
 * The SECS operand of a child; all others have none.
 * DEVIATION DC24: the newer text has lost the checks of the SECS operand.
 */
static int check_secs(struct lp *lp, struct eld *op)
{
	uint64_t secs = op->pageinfo.secs;

	if (!pt_is_child(secinfo_pt(&op->pcmd.secinfo)))
		return secs ? gp0(lp, "SECS %x is not 0", secs) : 0;
	if (!is_aligned(secs, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x is not page aligned", secs);
	if (!epc_address(lp->cpu, secs, &op->secs_pa))
		return encls_pf(lp, secs, NOT_IN_THE_EPC, secs);
	return 0;
}

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	RDX is not aligned
 *   #PF(RDX)	RDX is not in the EPC
 *   #GP(0)	PCMD or SRCPGE is not aligned
 *   #GP(0)	another leaf uses the page, or the version array exclusively
 *   #PF(RCX)	the page is valid
 *   #PF(RDX)	there is no version array
 *   #GP(0)	SECS is not aligned, or not 0 for a page without one
 *   #PF(SECS)	SECS is not in the EPC
 *   #GP(0)	another leaf uses the SECS exclusively
 *   #PF(SECS)	SECS is no SECS
 *   SGX_MAC_COMPARE_FAIL	EWB did not write this, or it was loaded before
 */
static int eld(struct lp *lp, unsigned blocked)
{
	struct eld op = { .secs_pa = EPC_NONE };
	unsigned pt, flags;

	if (encls_new_page(lp, &op.pageinfo, &op.pa))
		return -1;
	if (check_operands(lp, &op))
		return -1;

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, op.pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, op.pa);

	struct epcm *va GUARD(shared) = take_shared(lp->cpu, op.slot_pa);

	if (!va)
		return gp0(lp, EPC_PAGE_CONFLICT, op.slot_pa);
	if (epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, op.pa);
	if (!epcm_valid(va) || va->pt != PT_VA)
		return encls_pf(lp, lp->r.rdx, NO_VA, lp->r.rdx);
	if (check_secs(lp, &op))
		return -1;

	bool child = op.secs_pa != EPC_NONE;
	struct epcm *secs GUARD(shared) =
		child ? take_shared(lp->cpu, op.secs_pa) : NULL;

	if (child && !secs)
		return gp0(lp, EPC_PAGE_CONFLICT, op.secs_pa);
	if (child && !epcm_is_secs(secs))
		return encls_pf(lp, op.pageinfo.secs, NO_SECS,
				op.pageinfo.secs);
	if (!decrypt(lp, &op))
		return encls_return(lp, SGX_MAC_COMPARE_FAIL,
				    "not what EWB wrote, or loaded before");
	pt = secinfo_pt(&op.pcmd.secinfo);
	flags = op.pcmd.secinfo.flags & EPCM_SECINFO_FLAGS;
	if (child) {
		flags |= blocked;
		secs_add_child(lp->cpu, op.secs_pa);
	}
	if (pt == PT_SECS)
		secs_hidden_at(lp->cpu, op.pa)->enclavecontext = op.pa;
	epcm_set(epcm, pt, flags, op.secs_pa, op.pageinfo.linaddr);
	return encls_return(lp, SGX_SUCCESS);
}

int eldb(struct lp *lp)
{
	return eld(lp, EPCM_BLOCKED);
}

int eldu(struct lp *lp)
{
	return eld(lp, 0);
}
