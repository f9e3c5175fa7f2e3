/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spin locks: one in each address space, and those in memory that processes
 * share.
 *
 * A holder may be killed, stopped, or forked away from, at any instruction.  So
 * the lowest 20 bits of a lock's word count: even is free, odd is held, and
 * they change whenever the lock changes hands.  Above them the word says who
 * holds it: the thread id and the number of its process (kernel/host.h), if it
 * has one.  One value of the word is a ticket: it names one time that the lock
 * was held.  platform/section.h says how a lock is taken from a holder that
 * cannot go on.
 *
 * The lock of an address space, mm->lock, concerns only its process: if the
 * holder is stopped, so is everybody who waits.  A holder that is killed alone
 * (a vfork child) is noticed because its ticket stays for seconds.  The waiter
 * counts its own turns, not the time, because on a busy machine the holder gets
 * no more processor time than the waiter does.
 *
 * Not recursive, and not async-signal-safe: block signals, or never take a lock
 * in a handler that may have interrupted a holder.
 *
 * Order: encl->lock, shared->lock.  mm->lock is taken under neither of them.
 *
 * Over fork(): take mm->lock before, and release it in the parent with the
 * ticket.  The child calls sgx_dup_mm().
 */
#ifndef SWSGX_KERNEL_PLATFORM_LOCK_H
#define SWSGX_KERNEL_PLATFORM_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SGX_LOCK_PATIENCE
#define SGX_LOCK_PATIENCE (1u << 27) /* pauses: some seconds */
#endif

#define SGX_LOCK_COUNT        0xfffffull
#define SGX_LOCK_THREAD_SHIFT 20 /* 22 bits, as PID_MAX_LIMIT has */
#define SGX_LOCK_THREAD_MASK  0x3fffffu
#define SGX_LOCK_HOLDER_SHIFT 42 /* 22 bits */
#define SGX_LOCK_HOLDER_MAX   0x3fffffu

struct sgx_lock {
	uint64_t word; /* atomic */
};

struct sgx_ticket {
	uint64_t word; /* 0: no ticket */
};

static inline struct sgx_ticket sgx_lock_read(const struct sgx_lock *lock)
{
	return (struct sgx_ticket){ __atomic_load_n(&lock->word,
						    __ATOMIC_SEQ_CST) };
}

static inline bool sgx_same_ticket(struct sgx_ticket a, struct sgx_ticket b)
{
	return a.word == b.word;
}

/* Does somebody hold a lock whose word is this? */
static inline bool sgx_ticket_held(struct sgx_ticket ticket)
{
	return ticket.word & 1;
}

/* Who: the number of the process, and the thread. */
static inline uint32_t sgx_ticket_process(struct sgx_ticket ticket)
{
	return (uint32_t)(ticket.word >> SGX_LOCK_HOLDER_SHIFT);
}

static inline uint32_t sgx_ticket_thread(struct sgx_ticket ticket)
{
	return (uint32_t)(ticket.word >> SGX_LOCK_THREAD_SHIFT) &
	       SGX_LOCK_THREAD_MASK;
}

/* The bits of a word that say so. */
static inline uint64_t sgx_lock_id(uint32_t process, uint32_t thread)
{
	return (uint64_t)process << SGX_LOCK_HOLDER_SHIFT |
	       (uint64_t)(thread & SGX_LOCK_THREAD_MASK)
		       << SGX_LOCK_THREAD_SHIFT;
}

/* The ticket after `seen`, held by `id`. */
static inline struct sgx_ticket sgx_ticket_next(struct sgx_ticket seen,
						uint64_t id)
{
	uint64_t count = seen.word + 1 + (seen.word & 1);

	return (struct sgx_ticket){ id | (count & SGX_LOCK_COUNT) };
}

static inline bool sgx_lock_is_held(const struct sgx_lock *lock)
{
	return sgx_ticket_held(sgx_lock_read(lock));
}

/* The word changes from `seen` to `want`, unless it has changed since. */
static inline bool sgx_lock_grab(struct sgx_lock *lock, struct sgx_ticket seen,
				 struct sgx_ticket want)
{
	return __atomic_compare_exchange_n(&lock->word, &seen.word, want.word,
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* Take the lock; the ticket is for sgx_unlock(). */
static inline struct sgx_ticket sgx_lock(struct sgx_lock *lock)
{
	struct sgx_ticket held = { 0 };
	uint32_t waited = 0;

	for (;;) {
		struct sgx_ticket seen = sgx_lock_read(lock);
		struct sgx_ticket want = sgx_ticket_next(seen, 0);

		if (!sgx_ticket_held(seen)) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
			continue;
		}
		if (!sgx_same_ticket(seen, held)) {
			held = seen;
			waited = 0;
		} else if (++waited > SGX_LOCK_PATIENCE) {
			if (sgx_lock_grab(lock, seen, want))
				return want;
		}
		__builtin_ia32_pause();
	}
}

/* False: somebody holds the lock. */
static inline bool sgx_trylock_by(struct sgx_lock *lock, uint64_t id,
				  struct sgx_ticket *ticket)
{
	struct sgx_ticket seen = sgx_lock_read(lock);

	*ticket = sgx_ticket_next(seen, id);
	return !sgx_ticket_held(seen) && sgx_lock_grab(lock, seen, *ticket);
}

/* False: the lock had been taken from the caller. */
static inline bool sgx_unlock(struct sgx_lock *lock, struct sgx_ticket ticket)
{
	const struct sgx_ticket next = { (ticket.word + 1) & SGX_LOCK_COUNT };

	return sgx_lock_grab(lock, ticket, next);
}

#endif
