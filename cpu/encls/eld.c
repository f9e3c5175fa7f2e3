/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ELDB, ELDU: load a page that EWB has written out, blocked or not.
 * SDM "ELDB/ELDU/ELDBC/ELDUC - Load an EPC Page and Mark its State", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/paging.h"
#include "cpu/secs.h"

struct eld {
	struct sgx_pageinfo pageinfo;
	struct sgx_pcmd pcmd;
	uint64_t pa, slot_pa;
	uint64_t secs_pa;		/* EPC_NONE: the page has no SECS */
	unsigned blocked;		/* EPCM_BLOCKED or 0 */
};

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

/* Everything is locked and checked. */
static int load(struct lp *lp, const struct eld *op)
{
	unsigned pt = secinfo_pt(&op->pcmd.secinfo);
	unsigned flags = op->pcmd.secinfo.flags & EPCM_SECINFO_FLAGS;
	struct secs_hidden *hidden;

	if (!decrypt(lp, op))
		return encls_return(lp, SGX_MAC_COMPARE_FAIL,
				    "not what EWB wrote, or loaded before");
	if (op->secs_pa != EPC_NONE) {
		flags |= op->blocked;
		hidden = secs_hidden_at(lp->cpu, op->secs_pa);
		__atomic_fetch_add(&hidden->children, 1, __ATOMIC_SEQ_CST);
	}
	if (pt == PT_SECS)
		secs_hidden_at(lp->cpu, op->pa)->enclavecontext = op->pa;
	epcm_set(epcm_of(lp->cpu, op->pa), pt, flags, op->secs_pa,
		 op->pageinfo.linaddr);
	return encls_return(lp, SGX_SUCCESS);
}

/*
 * The SECS operand of a child; all others have none.
 * DEVIATION DC24: the newer text has lost the checks of the SECS operand.
 */
static int load_child(struct lp *lp, struct eld *op)
{
	uint64_t la = op->pageinfo.secs;
	struct epcm *secs_epcm;
	int ret;

	if (!is_aligned(la, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x is not page aligned", la);
	if (!epc_address(lp->cpu, la, &op->secs_pa))
		return encls_pf(lp, la, NOT_IN_THE_EPC, la);
	secs_epcm = epcm_of(lp->cpu, op->secs_pa);
	if (!epcm_trylock_shared(secs_epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op->secs_pa);
	if (epcm_is_secs(secs_epcm))
		ret = load(lp, op);
	else
		ret = encls_pf(lp, la, NO_SECS, la);
	epcm_unlock_shared(secs_epcm);
	return ret;
}

/* The new page and the version array are locked. */
static int eld_locked(struct lp *lp, struct eld *op)
{
	const struct epcm *va_epcm = epcm_of(lp->cpu, op->slot_pa);

	if (epcm_valid(epcm_of(lp->cpu, op->pa)))
		return encls_pf(lp, lp->r.rcx, EPC_PAGE_IN_USE, op->pa);
	if (!epcm_valid(va_epcm) || va_epcm->pt != PT_VA)
		return encls_pf(lp, lp->r.rdx, NO_VA, lp->r.rdx);
	if (pt_is_child(secinfo_pt(&op->pcmd.secinfo)))
		return load_child(lp, op);
	if (op->pageinfo.secs)
		return gp0(lp, "SECS %x is not 0", op->pageinfo.secs);
	op->secs_pa = EPC_NONE;
	return load(lp, op);
}

static int eld_page_locked(struct lp *lp, struct eld *op)
{
	struct epcm *va_epcm = epcm_of(lp->cpu, op->slot_pa);
	int ret;

	if (!epcm_trylock_shared(va_epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op->slot_pa);
	ret = eld_locked(lp, op);
	epcm_unlock_shared(va_epcm);
	return ret;
}

static int eld(struct lp *lp, unsigned blocked)
{
	struct eld op = { .blocked = blocked };
	struct epcm *epcm;
	int ret;

	if (encls_new_page(lp, &op.pageinfo, &op.pa))
		return -1;
	if (check_operands(lp, &op))
		return -1;
	epcm = epcm_of(lp->cpu, op.pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op.pa);
	ret = eld_page_locked(lp, &op);
	epcm_unlock_exclusive(epcm);
	return ret;
}

int eldb(struct lp *lp)
{
	return eld(lp, EPCM_BLOCKED);
}

int eldu(struct lp *lp)
{
	return eld(lp, 0);
}
