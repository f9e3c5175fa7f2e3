/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sections: what a thread does under a lock that processes share, or as a leaf
 * function that uses pages of an enclave.  In a real kernel no thread is
 * stopped or killed in one.  Here each may be, at any instruction, and others
 * must not have to wait for it.  So a section can be taken away and run again:
 *
 *  - A thread that waits for a lock whose holder does not go on has the holder
 *    interrupted (host->preempt; as in machine/smp.h, the holder executes
 *    nothing more of its work after that), and takes the lock over.  Then it
 *    finishes or undoes the holder's work by the journal in struct sgx_encl
 *    (sgx/recover.c), and does its own work.
 *  - If the thread that lost its lock is alive, the handler of that interrupt
 *    sends it back to the start of its outermost section: sgx_section_lost(),
 *    sgx_section_again().  If its work has been finished for it, the section's
 *    caller is told so instead.
 *  - The locks of a process that died are broken by the server in the same way
 *    (machine/exit.c).
 *
 * So these are the rules for the function of a section.  It may run any number
 * of times from its start to any point, and once to its end.  It changes shared
 * memory only in steps that the journal knows, and the caller's memory only at
 * the end, or in a way that does not matter when it runs again.  It waits for
 * nobody.  What concerns the process alone (mm->lock, a probe) is done between
 * sgx_section_keep() and sgx_section_let_go(), which postpone being sent back.
 * It makes no system call that changes what others share (a discard), because
 * the call could take effect after the lock was taken away.
 */
#ifndef SWSGX_KERNEL_PLATFORM_SECTION_H
#define SWSGX_KERNEL_PLATFORM_SECTION_H

#include "kernel/platform/lock.h"
#include "kernel/platform/mm_types.h"

struct sgx_section {
	struct sgx_section *outer;
	struct sgx_encl *encl; /* whose lock it is, or NULL */
	struct sgx_lock *lock; /* NULL: a leaf function */
	struct sgx_ticket ticket;
	struct sgx_ticket mine; /* the ticket, once fn runs with it */
	struct sgx_ticket lost; /* the one it ran with before */
	bool in_enclave;        /* the leaf began there */
	bool due;               /* is sent back when it is let go */
	bool over;              /* fn is done; the lock is given back */
	uint8_t looking;        /* a handler looks; 2: look again */
	uint32_t kept;          /* depth of sgx_section_keep() */
	void *resume[5];        /* __builtin_setjmp() */
};

typedef int (*sgx_section_fn)(struct sgx_mm *mm, void *arg);

/*
 * Runs fn under encl->lock, or shared->lock.  Returns what fn returned; or 0 if
 * another thread finished it.
 */
int sgx_locked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
	       void *arg);
int sgx_locked_shared(struct sgx_mm *mm, sgx_section_fn fn, void *arg);
/* The same, unless the lock is held: then -EBUSY. */
int sgx_trylocked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
		  void *arg);
/* Runs fn, again whenever an interrupt finds the processor RUNNING. */
int sgx_in_leaf(struct sgx_mm *mm, struct lp *lp, sgx_section_fn fn, void *arg);

/* The thread is not sent back between these two.  They may be nested. */
void sgx_section_keep(struct sgx_mm *mm);
void sgx_section_let_go(struct sgx_mm *mm);

/*
 * For the handler of an interrupt that finds the thread in this section, the
 * innermost one: has the thread lost it?  Then the thread goes on in
 * sgx_section_again(), on its own stack, below everything that it has there.
 */
bool sgx_section_lost(struct sgx_section *s, const struct lp *lp);
/*
 * Not yet: it is kept, and goes there by itself when it is let go; or another
 * handler, which this one has interrupted, will tell.
 */
static inline bool sgx_section_is_due(const struct sgx_section *s)
{
	return __atomic_load_n(&s->due, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&s->looking, __ATOMIC_SEQ_CST);
}
__attribute__((noreturn)) void sgx_section_again(struct sgx_mm *mm,
						 struct sgx_section *s);

/* Take the lock away from a process that has died.  machine/exit.c */
void sgx_lock_break(struct sgx_mm *mm, struct sgx_encl *encl,
		    struct sgx_lock *lock, uint32_t process);

#endif
