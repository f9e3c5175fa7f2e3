/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sections: what a thread does under a lock that processes share, or as a leaf
 * function that uses pages of an enclave.  In a real kernel nobody is stopped
 * or killed in one; here everybody may be, at any instruction, and nobody else
 * may have to wait for him.  So a section can be taken away and made again:
 *
 *  - Who waits for a lock whose holder does not go on has the holder's thread
 *    interrupted (host->preempt; as in kernel/machine/smp.h: after that it
 *    executes nothing of what it was at), and takes the lock over.  Then he
 *    finishes or undoes what the other was at, by the journal in struct
 *    sgx_encl (kernel/sgx/recover.c), and goes on with his own.
 *  - The thread that lost its lock, if it lives, is sent back to the start of
 *    its outermost section by the handler of that interrupt: that is what
 *    sgx_section_lost() and sgx_section_again() are for.  If what it was at has
 *    been finished for it, the section's caller is told so instead.
 *  - A process that died is dealt with by the server (kernel/machine/exit.c),
 *    likewise.
 *
 * Hence the rules for the function of a section: it may run any number of times
 * from its start to anywhere, and once to its end.  It changes shared memory
 * step by step only as the journal has it, and the caller's only at the end, or
 * in a way that does not matter when it runs again.  It waits for nobody.  What
 * it does to the process alone (mm->lock, a probe) stands between
 * sgx_section_keep() and sgx_section_let_go(), which put off being sent back.
 * It makes no system call that changes what others share (a discard): that
 * might come to pass after the lock has been taken away.
 */
#ifndef SWSGX_KERNEL_PLATFORM_SECTION_H
#define SWSGX_KERNEL_PLATFORM_SECTION_H

#include "kernel/platform/lock.h"
#include "kernel/platform/mm_types.h"

struct sgx_section {
	struct sgx_section *outer;
	struct sgx_encl *encl;		/* whose lock it is, or NULL */
	struct sgx_lock *lock;		/* NULL: a leaf function */
	struct sgx_ticket ticket;
	struct sgx_ticket mine;		/* the ticket, once fn runs with it */
	struct sgx_ticket lost;		/* the one it ran with before */
	bool in_enclave;		/* the leaf began there */
	bool due;			/* to be sent back, when it is let go */
	uint8_t renewing;		/* a handler is at it; 2: once more */
	uint32_t kept;
	void *resume[5];		/* __builtin_setjmp() */
};

typedef int (*sgx_section_fn)(struct sgx_mm *mm, void *arg);

/*
 * Runs fn under encl->lock, or shared->lock.  What fn returned; 0 too if it was
 * finished by somebody else.
 */
int sgx_locked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
	       void *arg);
int sgx_locked_shared(struct sgx_mm *mm, sgx_section_fn fn, void *arg);
/* The same unless somebody holds the lock: -EBUSY then. */
int sgx_trylocked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
		  void *arg);
/* Runs fn; made again whenever an interrupt finds the processor RUNNING. */
int sgx_in_leaf(struct sgx_mm *mm, struct lp *lp, sgx_section_fn fn, void *arg);

/* Not to be sent back between these two, which may be nested. */
void sgx_section_keep(struct sgx_mm *mm);
void sgx_section_let_go(struct sgx_mm *mm);

/*
 * For the handler of an interrupt that finds the thread in this section (the
 * innermost): is it lost?  Then the thread goes on in sgx_section_again(), on
 * its own stack, below all that it has there.
 */
bool sgx_section_lost(struct sgx_section *s, const struct lp *lp);
/* It is, but it is kept: it goes there by itself when it is let go. */
static inline bool sgx_section_is_due(const struct sgx_section *s)
{
	return __atomic_load_n(&s->due, __ATOMIC_SEQ_CST);
}
__attribute__((noreturn)) void sgx_section_again(struct sgx_mm *mm,
						 struct sgx_section *s);

/* Take the lock away from a process that has died.  exit.c */
void sgx_lock_break(struct sgx_mm *mm, struct sgx_encl *encl,
		    struct sgx_lock *lock, uint32_t process);

#endif
