/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state save area (SSA): a stack of frames that a TCS owns inside its
 * enclave.  A frame is tested when a thread enters, and the addresses found
 * are kept in the control registers, so that an AEX can never fault.
 *
 * Source: SDM "State Save Area (SSA) Frame"; "EENTER", Operation.
 */
#ifndef SWSGX_CPU_SSA_H
#define SWSGX_CPU_SSA_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "cpu/xsave.h"

/* One frame, by the EPC addresses of its parts. */
struct ssa_frame {
	uint64_t xsave_pa[XSAVE_MAX_PAGES];
	uint64_t gpr_pa; /* of its GPRSGX */
};

/*
 * Find and test frame number `index` of the thread `tcs` in the enclave of
 * secs_pa.  -1: lp->fault.
 */
int ssa_find(struct lp *lp, uint64_t secs_pa, const struct sgx_tcs *tcs,
	     uint32_t index, struct ssa_frame *frame);

/* Make it the frame that the next AEX writes to. */
void ssa_cache(struct lp *lp, const struct ssa_frame *frame);

#endif
