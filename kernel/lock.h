/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks in memory that processes share.
 *
 * A holder may be killed, or forked away from, at any instruction, and the
 * kernel layer makes no system call to find out.  So the word counts: even is
 * free, odd is held, and it changes whenever the lock changes hands.  Who has
 * seen one and the same odd value for a long time (seconds: no section guarded
 * by a lock lasts so long) takes the holder for dead and takes the lock over.
 * The time is the waiter's own: on a busy machine both get little of it.  (Nor
 * is there a clock here: RDTSC may be forbidden to the thread, and a system
 * call is not for every turn.)
 * A holder that was only stopped learns from sgx_unlock() that it lost the
 * lock, and does its work again where that matters.  Sections are written so
 * that the last store publishes: what a dead holder left behind is unused.
 *
 * Not recursive, not async-signal-safe: block signals, or never take a lock in
 * a handler that may have interrupted a holder.
 *
 * Order: encl->lock, mm->lock, shared->lock.  shared->reclaim_lock comes before
 * them all; it alone is held over host->ipi() and host->cond_resched(), so it
 * is only ever tried, never waited for in sgx_lock().
 *
 * Over fork(): take mm->lock before, and release it in the parent with the
 * ticket; the child calls sgx_dup_mm().
 */
#ifndef SWSGX_KERNEL_LOCK_H
#define SWSGX_KERNEL_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SGX_LOCK_PATIENCE	(1u << 27)	/* pauses: some seconds */

static inline bool sgx_lock_grab(uint32_t *lock, uint32_t seen, uint32_t want)
{
	return __atomic_compare_exchange_n(lock, &seen, want, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Take the lock; the ticket is for sgx_unlock(). */
static inline uint32_t sgx_lock_within(uint32_t *lock, uint32_t patience)
{
	uint32_t held = 0, waited = 0;

	for (;;) {
		uint32_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);

		if (!(seen & 1)) {
			if (sgx_lock_grab(lock, seen, seen + 1))
				return seen + 1;
			continue;
		}
		if (seen != held) {
			held = seen;
			waited = 0;
		} else if (++waited > patience &&
			   sgx_lock_grab(lock, seen, seen + 2)) {
			return seen + 2;
		}
		__builtin_ia32_pause();
	}
}

static inline uint32_t sgx_lock(uint32_t *lock)
{
	return sgx_lock_within(lock, SGX_LOCK_PATIENCE);
}

/* The ticket, or 0 if somebody holds the lock. */
static inline uint32_t sgx_trylock(uint32_t *lock)
{
	uint32_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);

	if ((seen & 1) || !sgx_lock_grab(lock, seen, seen + 1))
		return 0;
	return seen + 1;
}

/* False: the lock had been taken over, it was no longer the caller's. */
static inline bool sgx_unlock(uint32_t *lock, uint32_t ticket)
{
	return __atomic_compare_exchange_n(lock, &ticket, ticket + 1, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

#endif
