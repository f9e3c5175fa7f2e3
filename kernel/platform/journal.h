/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The journal of an enclave (struct sgx_journal): what the holder of
 * encl->lock is doing to a page, so that the next holder can finish or undo
 * it if this one is killed or stopped.
 */
#ifndef SWSGX_KERNEL_PLATFORM_JOURNAL_H
#define SWSGX_KERNEL_PLATFORM_JOURNAL_H

#include "kernel/platform/layout.h"
#include "kernel/platform/lock.h"

/*
 * section.c: the work that was begun with this ticket for encl->lock has been
 * finished by another thread.
 */
static inline void sgx_note_done(struct sgx_encl *encl,
				 struct sgx_ticket ticket)
{
	encl->done[encl->next_done++ % SGX_DONE] = ticket;
}

static inline bool sgx_was_done(const struct sgx_encl *encl,
				struct sgx_ticket ticket)
{
	/* 0: it never had the lock */
	for (unsigned i = 0; ticket.word && i < SGX_DONE; i++) {
		if (__atomic_load_n(&encl->done[i].word, __ATOMIC_SEQ_CST) ==
		    ticket.word)
			return true;
	}
	return false;
}

static inline uint64_t sgx_journal_word(struct sgx_ticket ticket, uint64_t op)
{
	return (ticket.word & SGX_LOCK_COUNT) << 8 | op;
}

/*
 * Note what is about to be done.  An interrupt may renew the lock's word in
 * between.
 */
static inline void sgx_journal_begin(struct sgx_encl *encl,
				     enum sgx_journal_op op, uint64_t pa)
{
	struct sgx_ticket ticket;

	encl->journal.pa = pa;
	do {
		ticket = sgx_lock_read(&encl->lock);
		__atomic_store_n(&encl->journal.op,
				 sgx_journal_word(ticket, op),
				 __ATOMIC_SEQ_CST);
	} while (!sgx_same_ticket(sgx_lock_read(&encl->lock), ticket));
}

/* It is done. */
static inline void sgx_journal_end(struct sgx_encl *encl)
{
	__atomic_store_n(&encl->journal.op, SGX_DOING_NOTHING,
			 __ATOMIC_SEQ_CST);
}

/* The entry becomes `op`, if it was begun with this ticket. */
static inline void sgx_journal_change(struct sgx_encl *encl, uint64_t was,
				      struct sgx_ticket ticket, uint64_t op)
{
	if (was && was == sgx_journal_word(ticket, was & 0xff))
		__atomic_compare_exchange_n(&encl->journal.op, &was, op, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* It is done, if it was begun with this ticket. */
static inline void sgx_journal_close(struct sgx_encl *encl,
				     struct sgx_ticket ticket)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	sgx_journal_change(encl, op, ticket, SGX_DOING_NOTHING);
}

/* The holder goes on with another ticket. */
static inline void sgx_journal_renew(struct sgx_encl *encl,
				     struct sgx_ticket was,
				     struct sgx_ticket now)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	sgx_journal_change(encl, op, was, sgx_journal_word(now, op & 0xff));
}

static inline enum sgx_journal_op sgx_journal_op(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST) & 0xff;
}

#endif
