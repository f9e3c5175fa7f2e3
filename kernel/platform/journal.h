/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The journal of an enclave (struct sgx_journal): what the holder of
 * encl->lock is doing to a page, so that the next holder can finish or undo
 * it if this one is killed or stopped.
 */
#ifndef SWSGX_KERNEL_PLATFORM_JOURNAL_H
#define SWSGX_KERNEL_PLATFORM_JOURNAL_H

#include "kernel/platform/lock.h"
#include "kernel/sgx.h"

/* section.h: the holder with this word of encl->lock need not finish. */
static inline void sgx_note_done(struct sgx_encl *encl, uint64_t word)
{
	encl->done[encl->next_done++ % SGX_DONE] = word;
}

static inline bool sgx_was_done(const struct sgx_encl *encl, uint64_t word)
{
	/* 0: it never had the lock */
	for (unsigned i = 0; word && i < SGX_DONE; i++) {
		if (__atomic_load_n(&encl->done[i], __ATOMIC_SEQ_CST) == word)
			return true;
	}
	return false;
}

/*
 * What is about to be done, in encl->journal; and that it has been.  An
 * interrupt may renew the lock's word in between.
 */
static inline void sgx_journal_begin(struct sgx_encl *encl,
				     enum sgx_journal_op op, uint64_t pa)
{
	uint64_t word;

	encl->journal.pa = pa;
	do {
		word = __atomic_load_n(&encl->lock, __ATOMIC_SEQ_CST);
		__atomic_store_n(&encl->journal.op,
				 (word & SGX_LOCK_COUNT) << 8 | op,
				 __ATOMIC_SEQ_CST);
	} while (__atomic_load_n(&encl->lock, __ATOMIC_SEQ_CST) != word);
}

static inline void sgx_journal_end(struct sgx_encl *encl)
{
	__atomic_store_n(&encl->journal.op, SGX_DOING_NOTHING,
			 __ATOMIC_SEQ_CST);
}

/* The same, if it was begun with this word in encl->lock. */
static inline void sgx_journal_close(struct sgx_encl *encl, uint64_t ticket)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	if (op && op >> 8 == (ticket & SGX_LOCK_COUNT))
		__atomic_compare_exchange_n(&encl->journal.op, &op,
					    SGX_DOING_NOTHING, false,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

/* The holder goes on under another word. */
static inline void sgx_journal_renew(struct sgx_encl *encl, uint64_t was,
				     uint64_t now)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	if (op && op >> 8 == (was & SGX_LOCK_COUNT))
		__atomic_compare_exchange_n(&encl->journal.op, &op,
					    (now & SGX_LOCK_COUNT) << 8 |
						    (op & 0xff),
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

static inline enum sgx_journal_op sgx_journal_op(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST) & 0xff;
}

#endif
