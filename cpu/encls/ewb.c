/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EWB: write a page out to ordinary memory, encrypted, and free it.
 * SDM "EWB - Invalidate an EPC Page and Write out to Main Memory", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"
#include "cpu/paging.h"
#include "cpu/patch.h"

/* May the page leave?  DEVIATION DC22: never "EBLOCK is not correct". */
static enum sgx_return_code evictable(const struct lp *lp, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (epcm->pt == PT_SECS)
		return secs_children(lp->cpu, pa) ? SGX_CHILD_PRESENT :
						    SGX_SUCCESS;
	if (!pt_is_child(epcm->pt))
		return SGX_SUCCESS;
	if (!epcm->blocked)
		return SGX_PAGE_NOT_BLOCKED;
	return secs_tracked(lp->cpu, epcm) ? SGX_SUCCESS : SGX_NOT_TRACKED;
}

/* The page and its description go to memory. */
static void write_out(struct lp *lp, uint64_t pa,
		      const struct sgx_pageinfo *pageinfo, uint64_t version)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);
	struct sgx_pageinfo *output = encls_output(lp->r.rbx);
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
		pcmd.enclaveid = secs_hidden_at(lp->cpu, pa)->eid;
	}
	paging_seal(lp->cpu->package, version, &header, epc_ptr(lp->cpu, pa),
		    encls_output(pageinfo->srcpge), pcmd.mac);
	memcpy(encls_output(pageinfo->secinfo), &pcmd, sizeof(pcmd));
	output->linaddr = epcm->enclaveaddress;
}

/*
 *   #GP(0)	RBX or RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	RDX is not aligned
 *   #PF(RDX)	RDX is not in the EPC
 *   #GP(0)	RDX is in the page at RCX
 *   #GP(0)	LINADDR or SECS is not 0, or PCMD or SRCPGE is not aligned
 *   #GP(0)	another leaf uses the page, or the version array exclusively
 *   #PF(RCX)	the page is not valid
 *   #PF(RDX)	there is no version array
 *   SGX_CHILD_PRESENT		a SECS, and the enclave has pages
 *   SGX_PAGE_NOT_BLOCKED	the page is not blocked
 *   SGX_NOT_TRACKED		threads may still be using the page
 *   SGX_VA_SLOT_OCCUPIED (CF)	the slot was in use; the page is gone
 */
int ewb(struct lp *lp)
{
	struct sgx_pageinfo pageinfo;
	enum sgx_return_code code;
	uint64_t pa, slot_pa, secs_pa, version, was;

	if (encls_new_page(lp, &pageinfo, &pa))
		return -1;
	if (!is_aligned(lp->r.rdx, sizeof(uint64_t)))
		return gp0(lp, "the VA slot %x is not aligned", lp->r.rdx);
	if (!epc_address(lp->cpu, lp->r.rdx, &slot_pa))
		return encls_pf(lp, lp->r.rdx, NOT_IN_THE_EPC, lp->r.rdx);
	if ((slot_pa & SGX_PAGE_MASK) == pa)
		return gp0(lp, "the page %x is its own version array", pa);
	if (pageinfo.linaddr || pageinfo.secs)
		return gp0(lp, "LINADDR %x and SECS %x of PAGEINFO are not 0",
			   pageinfo.linaddr, pageinfo.secs);
	if (!is_aligned(pageinfo.secinfo, sizeof(struct sgx_pcmd)) ||
	    !is_aligned(pageinfo.srcpge, SGX_PAGE_SIZE))
		return gp0(lp, "PCMD %x or SRCPGE %x is not aligned",
			   pageinfo.secinfo, pageinfo.srcpge);

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);

	struct epcm *va GUARD(shared) = take_shared(lp->cpu, slot_pa);

	if (!va)
		return gp0(lp, EPC_PAGE_CONFLICT, slot_pa);
	if (!epcm_valid(epcm))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (!epcm_valid(va) || va->pt != PT_VA)
		return encls_pf(lp, lp->r.rdx, NO_VA, lp->r.rdx);
	code = evictable(lp, pa);
	if (code != SGX_SUCCESS)
		return encls_return(lp, code,
				    "the page is not blocked and "
				    "tracked, or is a SECS with pages");
	patch_undo(lp->cpu, pa);
	version = paging_new_version(lp->cpu->package);
	write_out(lp, pa, &pageinfo, version);
	was = __atomic_exchange_n((uint64_t *)epc_ptr(lp->cpu, slot_pa),
				  version, __ATOMIC_SEQ_CST);
	secs_pa = epcm->enclavesecs;
	epcm_invalidate(epcm);
	if (pt_is_child(epcm->pt))
		secs_drop_child(lp->cpu, secs_pa);
	/* The page whose version the slot held cannot be loaded any more. */
	if (was)
		return encls_return_cf(lp, SGX_VA_SLOT_OCCUPIED,
				       "the VA slot had a version: %x", was);
	return encls_return(lp, SGX_SUCCESS);
}
