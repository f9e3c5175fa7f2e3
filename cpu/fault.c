/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a leaf raises an exception: it notes the fault and returns -1.
 * SDM "Exception and Interrupt Reference".  That the first generation raises
 * #GP for what the EPCM refuses is not in the SDM; Linux's KVM knows it:
 * sgx_inject_fault().
 */
#include "cpu/cpu.h"

static int raise(struct lp *lp, uint8_t vector, uint32_t error_code,
		 uint64_t address)
{
	lp->fault.vector = vector;
	lp->fault.error_code = error_code;
	lp->fault.address = address;
	return -1;
}

int raise_gp0(struct lp *lp)
{
	return raise(lp, VECTOR_GP, 0, 0);
}

int ud(struct lp *lp)
{
	return raise(lp, VECTOR_UD, 0, 0);
}

int epcm_fault(struct lp *lp, uint64_t la, uint32_t error_code)
{
	if (!lp->cpu->package->sgx2)
		return gp0(lp);
	return raise(lp, VECTOR_PF, PF_PROT | PF_SGX | error_code, la);
}

int raise_pf(struct lp *lp, uint64_t la, uint32_t bits)
{
	if (bits & PF_SGX)
		return epcm_fault(lp, la, PF_USER | bits);
	return raise(lp, VECTOR_PF, PF_PROT | PF_USER | bits, la);
}
