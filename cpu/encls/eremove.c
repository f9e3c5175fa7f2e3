/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EREMOVE: give an EPC page back.
 * SDM "EREMOVE - Remove a page from the EPC", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"

/*
 * The page may be in somebody's TLB.  A trimmed page that the enclave has
 * accepted is in none.
 * DEVIATION DC6: the SDM's text makes this a no-op; meant is removal.
 */
static bool in_use(const struct cpu *cpu, const struct epcm *epcm)
{
	if (epcm->pt == PT_TRIM && !epcm->modified)
		return false;
	return secs_active(cpu, epcm->enclavesecs);
}

/*
 *   #GP(0)	RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page
 *   SGX_CHILD_PRESENT	a SECS, and the enclave has pages
 *   SGX_ENCLAVE_ACT	a thread is in the enclave
 */
int eremove(struct lp *lp)
{
	uint64_t pa, secs_pa;

	if (!is_aligned(lp->r.rcx, SGX_PAGE_SIZE))
		return gp0(lp, "RCX %x is not page aligned", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, &pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);

	struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm))
		return encls_return(lp, SGX_SUCCESS);
	if (epcm->pt == PT_SECS && secs_children(lp->cpu, pa))
		return encls_return(lp, SGX_CHILD_PRESENT,
				    "the enclave still has pages");
	if (!pt_is_child(epcm->pt)) {
		epcm_invalidate(epcm);
		return encls_return(lp, SGX_SUCCESS);
	}
	if (in_use(lp->cpu, epcm))
		return encls_return(lp, SGX_ENCLAVE_ACT,
				    "a thread is in the enclave");
	secs_pa = epcm->enclavesecs;
	epcm_invalidate(epcm);
	secs_drop_child(lp->cpu, secs_pa);
	return encls_return(lp, SGX_SUCCESS);
}
