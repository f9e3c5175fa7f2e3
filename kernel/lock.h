/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks in memory that processes share.
 *
 * A holder may be killed, or forked away from, at any instruction.  So the low
 * half of the word counts: even is free, odd is held, and it changes whenever
 * the lock changes hands; the high half is the number of the process that holds
 * it, if that has one (kernel/host.h).  The platform's server learns of the
 * death of a process at once, and frees its locks (kernel/exit.c).
 *
 * Not all processes have a number.  Who has seen one and the same odd value for
 * a long time (seconds: no section guarded by a lock lasts so long) takes the
 * holder for dead and takes the lock over.  The time is the waiter's own: on a
 * busy machine both get little of it.  (Nor is there a clock here: RDTSC may be
 * forbidden to the thread, and a system call is not for every turn.)
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
#include <stddef.h>
#include <stdint.h>

#ifndef SGX_LOCK_PATIENCE	/* tests/sim: fewer */
#define SGX_LOCK_PATIENCE	(1u << 27)	/* pauses: some seconds */
#define SGX_LOCK_ASK	(1u << 14)	/* pauses between two questions */
#endif

static inline bool sgx_lock_grab(uint64_t *lock, uint64_t seen, uint64_t want)
{
	return __atomic_compare_exchange_n(lock, &seen, want, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Who holds a lock whose word is this. */
static inline uint32_t sgx_lock_holder(uint64_t word)
{
	return word >> 32;
}

static inline uint64_t sgx_lock_taken(uint64_t seen, uint32_t by)
{
	return (uint64_t)by << 32 | (uint32_t)(seen + 1 + (seen & 1));
}

/*
 * Take the lock; the ticket is for sgx_unlock().  `by`: the caller's process,
 * or 0.  is_dead (NULL: nobody can tell): is this process?
 */
static inline uint64_t sgx_lock_by(uint64_t *lock, uint32_t by,
				   uint32_t patience,
				   bool (*is_dead)(uint32_t process))
{
	uint64_t held = 0;
	uint32_t waited = 0;

	for (;;) {
		uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
		uint64_t want = sgx_lock_taken(seen, by);

		if (!(seen & 1)) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
			continue;
		}
		if (seen != held) {
			held = seen;
			waited = 0;
		} else if (++waited > patience ||
			   (waited % SGX_LOCK_ASK == 0 && is_dead &&
			    is_dead(sgx_lock_holder(seen)))) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
		}
		__builtin_ia32_pause();
	}
}

/* For locks that nobody else's death concerns. */
static inline uint64_t sgx_lock(uint64_t *lock)
{
	return sgx_lock_by(lock, 0, SGX_LOCK_PATIENCE, NULL);
}

/* The ticket, or 0 if somebody holds the lock. */
static inline uint64_t sgx_trylock_by(uint64_t *lock, uint32_t by)
{
	uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
	uint64_t want = sgx_lock_taken(seen, by);

	return !(seen & 1) && sgx_lock_grab(lock, seen, want) ? want : 0;
}

/* False: the lock had been taken over, it was no longer the caller's. */
static inline bool sgx_unlock(uint64_t *lock, uint64_t ticket)
{
	return __atomic_compare_exchange_n(lock, &ticket,
					   (uint64_t)(uint32_t)(ticket + 1),
					   false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

/* Free it if this process, which is dead, holds it. */
static inline void sgx_lock_break(uint64_t *lock, uint32_t process)
{
	uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);

	if ((seen & 1) && sgx_lock_holder(seen) == process)
		sgx_unlock(lock, seen);
}

#endif
