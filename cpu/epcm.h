/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPCM's rules: who may use an entry, and what it allows.
 *
 * Locks.  The SDM lets leaves use a page "shared" or "exclusive" and says what
 * a conflict gives; it never waits.  So these are try-locks.  They live in
 * the EPCM, which all processes of a platform share, and are held only for the
 * length of one leaf.
 *
 * Source: SDM "Enclave Page Cache Map (EPCM)"; the tables titled "Concurrency
 * Restrictions" of each leaf.
 */
#ifndef SWSGX_CPU_EPCM_H
#define SWSGX_CPU_EPCM_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

#define EPCM_LOCK_EXCLUSIVE	0xffu	/* below: number of sharers */

/* True iff the lock was taken. */
bool epcm_trylock_exclusive(struct epcm *epcm);
bool epcm_trylock_shared(struct epcm *epcm);
void epcm_unlock_exclusive(struct epcm *epcm);
void epcm_unlock_shared(struct epcm *epcm);

/* VALID: set last, cleared first, so it orders the rest of the entry. */
bool epcm_valid(const struct epcm *epcm);
/*
 * Describe a page that a leaf has just made.  `rwx` as SECINFO has it.  The
 * caller holds the exclusive lock and has found the entry invalid.
 */
void epcm_set(struct epcm *epcm, unsigned pt, unsigned rwx, uint64_t secs,
	      uint64_t linaddr);
void epcm_invalidate(struct epcm *epcm);

/* PT_SECS and valid: what every leaf asks of its SECS operand. */
bool epcm_is_secs(const struct epcm *epcm);

#endif
