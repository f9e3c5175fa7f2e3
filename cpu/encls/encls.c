/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLS, the instruction: from the leaf number to the leaf, and what leaves
 * have in common.  The operating mode checks of the front end (CPL, CR0) have
 * no counterpart: only the kernel layer calls this.
 * SDM "ENCLS - Execute an Enclave System Function of Specified Leaf Number".
 */
#include "cpu/encls/encls.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"

static bool supported(const struct package *package, uint32_t leaf)
{
	if (leaf == ENCLS_EAUG || leaf == ENCLS_EMODPR || leaf == ENCLS_EMODT)
		return package->sgx2;
	return true;
}

int encls(struct lp *lp)
{
	uint32_t leaf = (uint32_t)lp->r.rax;

	if (!supported(lp->cpu->package, leaf))
		return gp0(lp, "this processor has no leaf %u", leaf);
	switch (leaf) {
	case ENCLS_ECREATE:
		return ecreate(lp);
	case ENCLS_EADD:
		return eadd(lp);
	case ENCLS_EINIT:
		return einit(lp);
	case ENCLS_EREMOVE:
		return eremove(lp);
	case ENCLS_EDBGRD:
		return edbgrd(lp);
	case ENCLS_EDBGWR:
		return edbgwr(lp);
	case ENCLS_EEXTEND:
		return eextend(lp);
	case ENCLS_ELDB:
		return eldb(lp);
	case ENCLS_ELDU:
		return eldu(lp);
	case ENCLS_EBLOCK:
		return eblock(lp);
	case ENCLS_EPA:
		return epa(lp);
	case ENCLS_EWB:
		return ewb(lp);
	case ENCLS_ETRACK:
		return etrack(lp);
	case ENCLS_EAUG:
		return eaug(lp);
	case ENCLS_EMODPR:
		return emodpr(lp);
	case ENCLS_EMODT:
		return emodt(lp);
	}
	return gp0(lp, "there is no leaf %u", leaf);
}

int raise_encls_pf(struct lp *lp, uint64_t la)
{
	return epcm_fault(lp, la, 0);
}

int encls_retire(struct lp *lp, enum sgx_return_code code)
{
	lp->r.rflags &= ~RFLAGS_STATUS;
	if (code != SGX_SUCCESS)
		lp->r.rflags |= RFLAGS_ZF;
	lp->r.rax = code;
	return 0;
}

int encls_retire_cf(struct lp *lp, enum sgx_return_code code)
{
	lp->r.rflags &= ~RFLAGS_STATUS;
	lp->r.rflags |= RFLAGS_CF;
	lp->r.rax = code;
	return 0;
}

int encls_page(struct lp *lp, uint64_t *pa)
{
	if (!is_aligned(lp->r.rcx, SGX_PAGE_SIZE))
		return gp0(lp, "RCX %x is not page aligned", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, pa))
		return encls_pf(lp, lp->r.rcx, "RCX %x is not in the EPC",
				lp->r.rcx);
	return 0;
}

int encls_new_page(struct lp *lp, struct sgx_pageinfo *pageinfo, uint64_t *pa)
{
	if (!is_aligned(lp->r.rbx, sizeof(*pageinfo)))
		return gp0(lp, "PAGEINFO %x is not aligned", lp->r.rbx);
	if (encls_page(lp, pa))
		return -1;
	memcpy(pageinfo, encls_operand(lp->r.rbx), sizeof(*pageinfo));
	return 0;
}

int encls_modified_page(struct lp *lp, struct sgx_secinfo *secinfo,
			uint64_t *pa)
{
	if (!is_aligned(lp->r.rbx, sizeof(*secinfo)))
		return gp0(lp, "SECINFO %x is not aligned", lp->r.rbx);
	if (encls_page(lp, pa))
		return -1;
	memcpy(secinfo, encls_operand(lp->r.rbx), sizeof(*secinfo));
	if (!secinfo_reserved_zero(secinfo))
		return gp0(lp, "reserved fields of SECINFO are not zero");
	return 0;
}
