/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks: of an address space, and in memory that processes share.
 *
 * A holder may be killed, stopped, or forked away from, at any instruction.  So
 * the lowest 20 bits of the word count: even is free, odd is held, and they
 * change whenever the lock changes hands; above them is who holds it, the
 * thread id and the number of its process (kernel/host.h), if that has one.
 * kernel/platform/section.h says how a lock is taken from who cannot go on.
 *
 * The lock of an address space, mm->lock, is nobody else's business: a stopped
 * holder has stopped its process.  One that was killed alone (a vfork child)
 * is noticed by its not going on for seconds: the time is the waiter's own, and
 * on a busy machine both get little of it.
 *
 * Not recursive, not async-signal-safe: block signals, or never take a lock in
 * a handler that may have interrupted a holder.
 *
 * Order: encl->lock, shared->lock.  mm->lock is taken under none of them.
 *
 * Over fork(): take mm->lock before, and release it in the parent with the
 * ticket; the child calls sgx_dup_mm().
 */
#ifndef SWSGX_KERNEL_PLATFORM_LOCK_H
#define SWSGX_KERNEL_PLATFORM_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SGX_LOCK_PATIENCE
#define SGX_LOCK_PATIENCE	(1u << 27)	/* pauses: some seconds */
#endif

#define SGX_LOCK_COUNT		0xfffffull
#define SGX_LOCK_THREAD_SHIFT	20	/* 22 bits, as PID_MAX_LIMIT has */
#define SGX_LOCK_HOLDER_SHIFT	42	/* 22 bits */
#define SGX_LOCK_HOLDER_MAX	0x3fffffu

static inline bool sgx_lock_grab(uint64_t *lock, uint64_t seen, uint64_t want)
{
	return __atomic_compare_exchange_n(lock, &seen, want, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Who holds a lock whose word is this: process and thread. */
static inline uint32_t sgx_lock_holder(uint64_t word)
{
	return word >> SGX_LOCK_HOLDER_SHIFT;
}

static inline uint32_t sgx_lock_thread(uint64_t word)
{
	return word >> SGX_LOCK_THREAD_SHIFT & 0x3fffff;
}

/* The bits of a word that say so. */
static inline uint64_t sgx_lock_id(uint32_t process, uint32_t thread)
{
	return (uint64_t)process << SGX_LOCK_HOLDER_SHIFT |
	       (uint64_t)(thread & 0x3fffff) << SGX_LOCK_THREAD_SHIFT;
}

static inline bool sgx_lock_is_held(uint64_t word)
{
	return word & 1;
}

/* The word after `seen`, held by `id`. */
static inline uint64_t sgx_lock_taken(uint64_t seen, uint64_t id)
{
	return id | ((seen + 1 + (seen & 1)) & SGX_LOCK_COUNT);
}

/* Take the lock; the ticket is for sgx_unlock(). */
static inline uint64_t sgx_lock(uint64_t *lock)
{
	uint64_t held = 0;
	uint32_t waited = 0;

	for (;;) {
		uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
		uint64_t want = sgx_lock_taken(seen, 0);

		if (!sgx_lock_is_held(seen)) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
			continue;
		}
		if (seen != held) {
			held = seen;
			waited = 0;
		} else if (++waited > SGX_LOCK_PATIENCE) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
		}
		__builtin_ia32_pause();
	}
}

/* The ticket, or 0 if somebody holds the lock. */
static inline uint64_t sgx_trylock_by(uint64_t *lock, uint64_t id)
{
	uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
	uint64_t want = sgx_lock_taken(seen, id);

	return !sgx_lock_is_held(seen) && sgx_lock_grab(lock, seen, want) ?
		       want : 0;
}

/* False: the lock had been taken over, it was no longer the caller's. */
static inline bool sgx_unlock(uint64_t *lock, uint64_t ticket)
{
	return __atomic_compare_exchange_n(lock, &ticket,
					   (ticket + 1) & SGX_LOCK_COUNT,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

#endif
