/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPCM's rules: who may use an entry, and what it allows.
 *
 * Locks.  The SDM lets leaves use a page "shared" or "exclusive" and says what
 * a conflict gives; it never waits.  So these are try-locks.  They live in
 * the EPCM, which all processes of a platform share, and are held only for the
 * length of one leaf.  Entries have a second lock, for the leaves that SGX2
 * added (EACCEPT, EACCEPTCOPY, EMODPE, EMODPR, EMODT), exclusive among them.
 *
 * Source: SDM "Enclave Page Cache Map (EPCM)"; the tables titled "Concurrency
 * Restrictions" of each leaf.
 */
#ifndef SWSGX_CPU_EPCM_H
#define SWSGX_CPU_EPCM_H

#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"

#define EPCM_LOCK_EXCLUSIVE 0xffu /* below: number of sharers */

/* True iff the lock was taken. */
bool epcm_trylock_exclusive(struct epcm *epcm);
void epcm_unlock_exclusive(struct epcm *epcm);
static inline bool epcm_locked_exclusive(const struct epcm *epcm)
{
	return __atomic_load_n(&epcm->lock, __ATOMIC_SEQ_CST) ==
	       EPCM_LOCK_EXCLUSIVE;
}

static inline bool epcm_trylock_shared(struct epcm *epcm)
{
	uint8_t lock = __atomic_load_n(&epcm->lock, __ATOMIC_RELAXED);

	do {
		if (lock >= EPCM_LOCK_EXCLUSIVE - 1)
			return false;
	} while (!__atomic_compare_exchange_n(&epcm->lock, &lock, lock + 1,
					      true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

static inline void epcm_unlock_shared(struct epcm *epcm)
{
	__atomic_fetch_sub(&epcm->lock, 1, __ATOMIC_RELEASE);
}

bool epcm_trylock_sgx2(struct epcm *epcm);
void epcm_unlock_sgx2(struct epcm *epcm);

/*
 * Bits of struct epcm.flags: SECINFO's (R, W, X, PENDING, MODIFIED, PR), and
 * one that SECINFO has not.
 */
#define EPCM_SECINFO_FLAGS 0x3fu
#define EPCM_BLOCKED       0x40u

/*
 * Clear, then set these flags of a page in use.  Atomic, because leaves that
 * share a page may change different flags of it at a time.
 */
void epcm_change(struct epcm *epcm, unsigned clear, unsigned set);

/* VALID: set last, cleared first, so it orders the rest of the entry. */
static inline bool epcm_valid(const struct epcm *epcm)
{
	return __atomic_load_n(&epcm->valid, __ATOMIC_ACQUIRE);
}

/*
 * Describe a page that a leaf has just made.  `flags` as struct epcm has them.
 * The caller holds the exclusive lock and has found the entry invalid.
 */
void epcm_set(struct epcm *epcm, unsigned pt, unsigned flags, uint64_t secs,
	      uint64_t linaddr);
void epcm_invalidate(struct epcm *epcm);

/* The type of a page that belongs to an enclave: neither a SECS nor a VA. */
static inline bool pt_is_child(unsigned pt)
{
	return pt == PT_REG || pt == PT_TCS || pt == PT_TRIM ||
	       pt == PT_SS_FIRST || pt == PT_SS_REST;
}

/* Are all reserved bits and bytes of a SECINFO zero? */
static inline bool secinfo_reserved_zero(const struct sgx_secinfo *secinfo)
{
	return !(secinfo->flags & SGX_SECINFO_RESERVED_MASK) &&
	       mem_is_zero(secinfo->reserved, sizeof(secinfo->reserved));
}

/* PT_SECS and valid: what every leaf asks of its SECS operand. */
bool epcm_is_secs(const struct epcm *epcm);

#endif
