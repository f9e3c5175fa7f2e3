/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EWB: write a page out to ordinary memory, encrypted, and free it.
 * SDM "EWB - Invalidate an EPC Page and Write out to Main Memory", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/paging.h"
#include "cpu/patch.h"
#include "cpu/secs.h"

struct ewb {
	struct sgx_pageinfo pageinfo;
	uint64_t pa, slot_pa;
};

static int check_operands(struct lp *lp, struct ewb *op)
{
	const struct sgx_pageinfo *pageinfo = &op->pageinfo;

	if (!is_aligned(lp->r.rdx, sizeof(uint64_t)))
		return gp0(lp, "the VA slot %x is not aligned", lp->r.rdx);
	if (!epc_address(lp->cpu, lp->r.rdx, &op->slot_pa))
		return encls_pf(lp, lp->r.rdx, NOT_IN_THE_EPC, lp->r.rdx);
	if ((op->slot_pa & SGX_PAGE_MASK) == op->pa)
		return gp0(lp, "the page %x is its own version array", op->pa);
	if (pageinfo->linaddr || pageinfo->secs)
		return gp0(lp, "LINADDR %x and SECS %x of PAGEINFO are not 0",
			   pageinfo->linaddr, pageinfo->secs);
	if (!is_aligned(pageinfo->secinfo, sizeof(struct sgx_pcmd)) ||
	    !is_aligned(pageinfo->srcpge, SGX_PAGE_SIZE))
		return gp0(lp, "PCMD %x or SRCPGE %x is not aligned",
			   pageinfo->secinfo, pageinfo->srcpge);
	return 0;
}

/* May the page leave?  DEVIATION DC22: never "EBLOCK is not correct". */
static enum sgx_return_code evictable(const struct lp *lp, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);
	const struct secs_hidden *hidden;

	if (epcm->pt == PT_SECS) {
		hidden = secs_hidden_at(lp->cpu, pa);
		return __atomic_load_n(&hidden->children, __ATOMIC_SEQ_CST) ?
		       SGX_CHILD_PRESENT : SGX_SUCCESS;
	}
	if (!pt_is_child(epcm->pt))
		return SGX_SUCCESS;
	if (!epcm->blocked)
		return SGX_PAGE_NOT_BLOCKED;
	return secs_tracked(lp->cpu, epcm) ? SGX_SUCCESS : SGX_NOT_TRACKED;
}

/* The page and its description go to memory. */
static void write_out(struct lp *lp, const struct ewb *op, uint64_t version)
{
	const struct epcm *epcm = epcm_of(lp->cpu, op->pa);
	struct sgx_pageinfo *pageinfo = encls_output(lp->r.rbx);
	struct paging_header header = { .linaddr = epcm->enclaveaddress };
	struct sgx_pcmd pcmd = { .enclaveid = 0 };

	header.secinfo.flags = epcm->flags & EPCM_SECINFO_FLAGS;
	header.secinfo.flags |= (uint64_t)epcm->pt
				<< SGX_SECINFO_PAGE_TYPE_SHIFT;
	pcmd.secinfo = header.secinfo;
	if (pt_is_child(epcm->pt)) {
		header.eid = secs_hidden_at(lp->cpu, epcm->enclavesecs)->eid;
		pcmd.enclaveid = header.eid;
	} else if (epcm->pt == PT_SECS) {
		pcmd.enclaveid = secs_hidden_at(lp->cpu, op->pa)->eid;
	}
	paging_seal(lp->cpu->package, version, &header,
		    epc_ptr(lp->cpu, op->pa),
		    encls_output(op->pageinfo.srcpge), pcmd.mac);
	memcpy(encls_output(op->pageinfo.secinfo), &pcmd, sizeof(pcmd));
	pageinfo->linaddr = epcm->enclaveaddress;
}

static void drop(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	struct secs_hidden *hidden;

	epcm_invalidate(epcm);
	if (!pt_is_child(epcm->pt))
		return;
	hidden = secs_hidden_at(cpu, epcm->enclavesecs);
	__atomic_fetch_sub(&hidden->children, 1, __ATOMIC_SEQ_CST);
}

/* The victim and the version array are locked. */
static int ewb_locked(struct lp *lp, const struct ewb *op)
{
	const struct epcm *va_epcm = epcm_of(lp->cpu, op->slot_pa);
	uint64_t *slot = epc_ptr(lp->cpu, op->slot_pa);
	enum sgx_return_code code;
	uint64_t version, was;

	if (!epcm_valid(epcm_of(lp->cpu, op->pa)))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (!epcm_valid(va_epcm) || va_epcm->pt != PT_VA)
		return encls_pf(lp, lp->r.rdx, NO_VA, lp->r.rdx);
	code = evictable(lp, op->pa);
	if (code != SGX_SUCCESS)
		return encls_return(lp, code, "the page is not blocked and "
				    "tracked, or has children");
	patch_undo(lp->cpu, op->pa);
	version = paging_new_version(lp->cpu->package);
	write_out(lp, op, version);
	was = __atomic_exchange_n(slot, version, __ATOMIC_SEQ_CST);
	drop(lp->cpu, op->pa);
	/* What the slot held is lost, and the page that needed it. */
	if (was)
		return encls_return_cf(lp, SGX_VA_SLOT_OCCUPIED,
				       "the VA slot had a version: %x", was);
	return encls_return(lp, SGX_SUCCESS);
}

static int ewb_page_locked(struct lp *lp, const struct ewb *op)
{
	struct epcm *va_epcm = epcm_of(lp->cpu, op->slot_pa);
	int ret;

	if (!epcm_trylock_shared(va_epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op->slot_pa);
	ret = ewb_locked(lp, op);
	epcm_unlock_shared(va_epcm);
	return ret;
}

int ewb(struct lp *lp)
{
	struct epcm *epcm;
	struct ewb op;
	int ret;

	if (encls_new_page(lp, &op.pageinfo, &op.pa))
		return -1;
	if (check_operands(lp, &op))
		return -1;
	epcm = epcm_of(lp->cpu, op.pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, op.pa);
	ret = ewb_page_locked(lp, &op);
	epcm_unlock_exclusive(epcm);
	return ret;
}
