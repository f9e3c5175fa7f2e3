/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entering and leaving enclave mode: what EENTER and ERESUME share, and what
 * EEXIT and AEX share.
 *
 * An entry claims its TCS before the later checks, and releases it if one of
 * them fails.  So no two processors ever work on one TCS.  A TCS that is in use
 * is reported only where the SDM tests STATE, so faults keep the SDM's order.
 *
 * Source: SDM "Enclave Entry and Exiting"; "EENTER", "ERESUME", Operation.
 */
#ifndef SWSGX_CPU_ENTRY_H
#define SWSGX_CPU_ENTRY_H

#include "cpu/cpu.h"
#include "cpu/secs.h"
#include "cpu/sgx_arch.h"
#include "cpu/ssa.h"
#include "cpu/tcs.h"

#define ENCLU_SIZE 3 /* bytes of the instruction */

struct entry {
	struct sgx_tcs *tcs;
	const struct sgx_secs *secs;
	uint64_t tcs_pa, secs_pa;
	uint32_t cssa;
	bool claimed;
};

/*
 * TCS at RBX, AEP at RCX: the checks of the page, the thread and the enclave.
 * After 0 the caller must call entry_end().
 */
int entry_begin(struct lp *lp, struct entry *entry);
/* ret: the leaf's result.  If it faulted, undo the claim. */
void entry_end(struct lp *lp, struct entry *entry, int ret);

/* The check "STATE is INACTIVE". */
int entry_check_claim(struct lp *lp, const struct entry *entry);

/* The last step that may fail: see cpu/hold.h.  -1: lp->fault. */
int entry_hold(struct lp *lp, const struct ssa_frame *frame);

/*
 * EENTER from here on: test frame CSSA, take the bases from the TCS, commit.
 * ERESUME does the same when it notifies.
 */
int entry_at_oentry(struct lp *lp, struct entry *entry);

/* The commit that both kinds of entry share. */
void entry_commit(struct lp *lp, const struct entry *entry,
		  const struct ssa_frame *frame);

/* EEXIT, AEX: FS, GS, TF, tracking, and STATE, last, for the next thread. */
void leave_enclave(struct lp *lp);

#endif
