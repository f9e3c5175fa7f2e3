/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCS.STATE as this processor has it.  The SDM has two states, INACTIVE and
 * ACTIVE.  Here the word also says whose thread is in the TCS:
 *
 *	63:32	number of the process, 0 if the kernel has given none
 *	31:2	thread ID
 *	1:0	TCS_INACTIVE, TCS_ACTIVE or TCS_CHANGING
 *
 * The word without its state is the owner: struct lp's `owner`.  An INACTIVE
 * TCS has none.
 */
#ifndef SWSGX_CPU_TCS_H
#define SWSGX_CPU_TCS_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

/* Not architectural: a thread is about to enter, or to leave. */
#define TCS_CHANGING 2ull
#define TCS_STATE    3ull /* mask */

static inline uint64_t tcs_owner(uint32_t process, uint32_t thread)
{
	return (uint64_t)process << 32 | (thread << 2);
}

/* Of an owner, or of a whole TCS.STATE. */
static inline uint32_t tcs_owner_process(uint64_t state)
{
	return (uint32_t)(state >> 32);
}

static inline bool tcs_is_owned_by(uint64_t state, uint64_t owner)
{
	return (state & ~TCS_STATE) == owner;
}

static inline uint64_t tcs_load_state(const struct sgx_tcs *tcs)
{
	return __atomic_load_n(&tcs->state, __ATOMIC_SEQ_CST);
}

/* INACTIVE becomes CHANGING, and lp's.  False: somebody else is in it. */
static inline bool tcs_claim(struct sgx_tcs *tcs, const struct lp *lp)
{
	uint64_t inactive = TCS_INACTIVE;

	return __atomic_compare_exchange_n(&tcs->state, &inactive,
					   lp->owner | TCS_CHANGING, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* By whoever has claimed it; `state` is TCS_ACTIVE or TCS_CHANGING. */
static inline void tcs_set_state(struct sgx_tcs *tcs, const struct lp *lp,
				 uint64_t state)
{
	__atomic_store_n(&tcs->state, lp->owner | state, __ATOMIC_RELEASE);
}

static inline void tcs_release(struct sgx_tcs *tcs)
{
	__atomic_store_n(&tcs->state, TCS_INACTIVE, __ATOMIC_RELEASE);
}

/* By whoever has claimed it; others may be reading at the time. */
static inline void tcs_set_cssa(struct sgx_tcs *tcs, uint32_t cssa)
{
	__atomic_store_n(&tcs->cssa, cssa, __ATOMIC_RELAXED);
}

static inline struct sgx_tcs *current_tcs(const struct lp *lp)
{
	return epc_ptr(lp->cpu, lp->cr_tcs_pa);
}

#endif
