/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EREMOVE: give an EPC page back.
 * SDM "EREMOVE - Remove a page from the EPC", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/secs.h"

static enum sgx_return_code remove_secs(struct cpu *cpu, uint64_t pa)
{
	struct secs_hidden *hidden = secs_hidden_at(cpu, pa);

	if (__atomic_load_n(&hidden->children, __ATOMIC_SEQ_CST))
		return SGX_CHILD_PRESENT;
	epcm_invalidate(epcm_of(cpu, pa));
	return SGX_SUCCESS;
}

static void remove_child(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	struct secs_hidden *hidden = secs_hidden_at(cpu, epcm->enclavesecs);

	epcm_invalidate(epcm);
	__atomic_fetch_sub(&hidden->children, 1, __ATOMIC_SEQ_CST);
}

static enum sgx_return_code eremove_locked(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	if (!epcm_valid(epcm))
		return SGX_SUCCESS;
	if (epcm->pt == PT_VA) {
		epcm_invalidate(epcm);
		return SGX_SUCCESS;
	}
	if (epcm->pt == PT_SECS)
		return remove_secs(cpu, pa);
	/*
	 * A trimmed page that the enclave has accepted is in nobody's TLB.
	 * DEVIATION DC6: the SDM's text makes this a no-op; meant is removal.
	 */
	if ((epcm->pt != PT_TRIM || epcm->modified) &&
	    secs_active(cpu, epcm->enclavesecs))
		return SGX_ENCLAVE_ACT;
	remove_child(cpu, pa);
	return SGX_SUCCESS;
}

int eremove(struct lp *lp)
{
	enum sgx_return_code code;
	struct epcm *epcm;
	uint64_t pa;

	if (!is_aligned(lp->r.rcx, SGX_PAGE_SIZE))
		return gp0(lp, "RCX %x is not page aligned", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, &pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_exclusive(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	code = eremove_locked(lp->cpu, pa);
	epcm_unlock_exclusive(epcm);
	if (code != SGX_SUCCESS)
		because(lp, code == SGX_CHILD_PRESENT ?
			    "the enclave still has pages" :
			    "a thread is in the enclave");
	return encls_return(lp, code);
}
