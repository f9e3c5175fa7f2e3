/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLS, the instruction: from the leaf number to the leaf, and what leaves
 * have in common.  The operating mode checks of the front end (CPL, CR0) have
 * no counterpart: only the kernel layer calls this.
 * SDM "ENCLS - Execute an Enclave System Function of Specified Leaf Number".
 */
#include "cpu/encls/encls.h"

#include "cpu/mem.h"

int encls(struct lp *lp)
{
	switch ((uint32_t)lp->r.rax) {
	case ENCLS_ECREATE:
		return ecreate(lp);
	case ENCLS_EADD:
		return eadd(lp);
	case ENCLS_EINIT:
		return einit(lp);
	case ENCLS_EREMOVE:
		return eremove(lp);
	case ENCLS_EEXTEND:
		return eextend(lp);
	}
	return gp0(lp);
}

int encls_pf(struct lp *lp, uint64_t la)
{
	lp->fault.vector = VECTOR_PF;
	lp->fault.error_code = PF_PROT | PF_SGX;
	lp->fault.address = la;
	return -1;
}

int encls_return(struct lp *lp, enum sgx_return_code code)
{
	lp->r.rflags &= ~RFLAGS_STATUS;
	if (code != SGX_SUCCESS)
		lp->r.rflags |= RFLAGS_ZF;
	lp->r.rax = code;
	return 0;
}

int encls_new_page(struct lp *lp, struct sgx_pageinfo *pageinfo, uint64_t *pa)
{
	if (!is_aligned(lp->r.rbx, sizeof(*pageinfo)))
		return gp0(lp);
	if (!is_aligned(lp->r.rcx, SGX_PAGE_SIZE))
		return gp0(lp);
	if (!epc_address(lp->cpu, lp->r.rcx, pa))
		return encls_pf(lp, lp->r.rcx);
	memcpy(pageinfo, encls_operand(lp->r.rbx), sizeof(*pageinfo));
	return 0;
}
