/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tests that ENCLU leaves make on the memory they are given.  Each one
 * makes the page walk first (which may refuse with an ordinary #PF) and only
 * then asks the EPCM.  0 = fine, -1 = lp->fault.
 *
 * Source: SDM "Access-control Requirements"; the Operation sections of EENTER
 * (SSA pages) and EREPORT, EGETKEY (data operands).
 */
#ifndef SWSGX_CPU_ACCESS_CONTROL_H
#define SWSGX_CPU_ACCESS_CONTROL_H

#include "cpu/cpu.h"

/* Linear addresses have 48 bits. */
static inline bool canonical(uint64_t la)
{
	return la + (1ull << 47) < 1ull << 48;
}

/* la lies in the linear address range of the current enclave. */
static inline bool in_elrange(const struct lp *lp, uint64_t la)
{
	return la - lp->cr_elrange_base < lp->cr_elrange_size;
}

/*
 * A data operand in the current enclave, within one page: aligned, in ELRANGE,
 * and a page that the enclave may access so.  *pa: its EPC address.
 */
int enclave_operand(struct lp *lp, uint64_t la, uint64_t alignment,
		    unsigned access, uint64_t *pa);

/*
 * The same in two halves, for leaves that check all addresses first: the page
 * walk of an address that is already known to lie in ELRANGE is
 * walk_to_epc(); this is the EPCM's part.
 */
int enclave_page(struct lp *lp, uint64_t la, uint64_t pa, unsigned access);

/*
 * pf() because the EPCM keeps the page at la from the enclave whose SECS is
 * given; the entry tells the reason.
 */
int epcm_pf(struct lp *lp, uint64_t la, uint32_t bits, const struct epcm *epcm,
	    uint64_t secs_pa);

/*
 * A page of the state save area of the enclave whose SECS is given: readable
 * and writable.  A refusal by the EPCM is reported for `report`.
 */
int ssa_page(struct lp *lp, uint64_t la, uint64_t secs_pa, uint64_t report,
	     uint64_t *pa);

/*
 * The walk of a page that must be EPC: -1 with #GP where the address is not
 * canonical, with the walk's fault, or with "PF(report)" where it is not EPC.
 */
int walk_to_epc(struct lp *lp, uint64_t la, unsigned access, uint64_t report,
		uint64_t *pa);

#endif
