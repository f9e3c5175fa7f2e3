/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/platform/section.h. */
#include "kernel/platform/section.h"

#include <asm/errno.h>

#include "cpu/processors.h"
#include "kernel/platform/journal.h"

#ifndef SGX_SECTION_ASK
#define SGX_SECTION_ASK 256u /* pauses between looks at the clock */
#endif
#define PATIENCE_NS 20000000ull /* sections take microseconds */
#ifndef NAMELESS_NS
#define NAMELESS_NS 5000000000ull /* of one that cannot be interrupted */
#endif
#define FRESH_NS (NAMELESS_NS / 2)

/* The thread's innermost section; a handler on this thread looks there. */
static struct sgx_section *innermost(const struct sgx_mm *mm)
{
	return __atomic_load_n(mm->host->section(), __ATOMIC_SEQ_CST);
}

/*
 * Only a handler on this thread reads what a section says of itself, so the
 * compiler must keep the order, and the processor need not be told.
 */
static void keep_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void enter(struct sgx_mm *mm, struct sgx_section *s)
{
	keep_order();
	__atomic_store_n(mm->host->section(), s, __ATOMIC_RELAXED);
	keep_order();
}

/* An interrupt's handler on this thread reads a section's tickets. */
static void set(struct sgx_ticket *to, struct sgx_ticket ticket)
{
	keep_order();
	__atomic_store_n(&to->word, ticket.word, __ATOMIC_RELAXED);
	keep_order();
}

/* Taking a lock ------------------------------------------------------ */

struct wait {
	struct sgx_ticket held; /* the lock's, all the time */
	uint64_t since;
	uint32_t turns;
};

/*
 * A thread that is sent back while it asks the server would leave a descriptor
 * open.  So it is sent back only when it has its answer.
 */
static int preempt(struct sgx_mm *mm, struct sgx_ticket held)
{
	int ret;

	sgx_section_keep(mm);
	ret = mm->host->preempt(sgx_ticket_process(held),
				sgx_ticket_thread(held));
	sgx_section_let_go(mm);
	return ret;
}

/*
 * Since when has this process seen the lock held by whom it cannot interrupt?
 * It is not the thread that remembers: while it waits, others may take an outer
 * lock from it, and wait in its place.
 */
static uint64_t stuck_since(struct sgx_mm *mm, const struct sgx_lock *lock,
			    struct sgx_ticket held, uint64_t now)
{
	struct sgx_stuck *s = &mm->stuck;

	if (__atomic_load_n(&s->lock, __ATOMIC_SEQ_CST) != lock ||
	    __atomic_load_n(&s->held.word, __ATOMIC_SEQ_CST) != held.word ||
	    now - __atomic_load_n(&s->seen, __ATOMIC_SEQ_CST) > FRESH_NS) {
		__atomic_store_n(&s->held.word, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&s->lock, lock, __ATOMIC_SEQ_CST);
		__atomic_store_n(&s->since, now, __ATOMIC_SEQ_CST);
		set(&s->held, held);
	}
	__atomic_store_n(&s->seen, now, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&s->since, __ATOMIC_SEQ_CST);
}

/* Has the holder stopped, and is it certain that it does not go on? */
static bool has_stopped(struct sgx_mm *mm, const struct sgx_lock *lock,
			const struct wait *w)
{
	uint64_t now = mm->host->ktime_get_ns();

	if (sgx_ticket_process(w->held)) {
		if (now - w->since < PATIENCE_NS)
			return false;
		if (mm->host->preempt && !preempt(mm, w->held))
			return true;
	}
	return now - stuck_since(mm, lock, w->held, now) > NAMELESS_NS;
}

/* True: the lock may be taken from its holder. */
static bool wait_for(struct sgx_mm *mm, const struct sgx_lock *lock,
		     struct wait *w, struct sgx_ticket seen)
{
	if (!sgx_same_ticket(seen, w->held))
		*w = (struct wait){ seen, mm->host->ktime_get_ns(), 0 };
	__builtin_ia32_pause();
	if (++w->turns % SGX_SECTION_ASK)
		return false;
	mm->host->cond_resched();
	return has_stopped(mm, lock, w);
}

/*
 * The ticket is in the section before the lock is taken: if the lock is taken
 * from us, our handler looks for the ticket there.
 */
static bool grab(const struct sgx_mm *mm, struct sgx_section *s,
		 struct sgx_ticket seen)
{
	struct sgx_ticket want = sgx_ticket_next(seen, sgx_current_id(mm));

	set(&s->ticket, want);
	return sgx_lock_grab(s->lock, seen, want);
}

static void recover(struct sgx_mm *mm, const struct sgx_section *s)
{
	if (s->lock == &mm->shared->lock)
		mm->recover.shared(mm);
	else if (s->encl)
		mm->recover.encl(mm, s->encl);
}

static void take(struct sgx_mm *mm, struct sgx_section *s)
{
	struct wait w = { 0 };

	for (;;) {
		struct sgx_ticket seen = sgx_lock_read(s->lock);

		if (!sgx_ticket_held(seen)) {
			if (grab(mm, s, seen))
				return;
		} else if (wait_for(mm, s->lock, &w, seen) &&
			   grab(mm, s, seen)) {
			recover(mm, s);
			return;
		}
	}
}

/* Being sent back ---------------------------------------------------- */

/*
 * The thread that interrupted us may be about to take the lock, because it
 * knows that we are not working.  But we go on.  So the word that it saw must
 * change before it can take the lock.  False: it was faster.
 */
static bool renew(struct sgx_section *s)
{
	const uint64_t id = ~SGX_LOCK_COUNT;
	struct sgx_ticket was = s->ticket;
	struct sgx_ticket now = sgx_ticket_next(was, was.word & id);

	if (s->encl)
		sgx_journal_renew(s->encl, was, now);
	if (!sgx_lock_grab(s->lock, was, now))
		return false;
	set(&s->ticket, now);
	return true;
}

static bool is_lost(struct sgx_section *s, const struct lp *lp)
{
	enum processor_state state;

	if (s->over)
		return false;
	if (s->lock)
		return !renew(s);
	/* An entry or exit that is complete is not undone. */
	if (!lp->processor || lp->cr_enclave_mode != s->in_enclave)
		return false;
	state = processor_state(processor_inside(lp->processor));
	return state == PROCESSOR_RUNNING || state == PROCESSOR_AWAY;
}

/*
 * All of them: one that is lost has the others given back, and a lock that is
 * still ours must not be taken from us while we do that.
 */
static bool one_is_lost(struct sgx_section *s, const struct lp *lp)
{
	bool lost = false;

	for (; s; s = s->outer)
		lost |= is_lost(s, lp);
	return lost;
}

/* A second interrupt may come meanwhile: it has the first look again. */
bool sgx_section_lost(struct sgx_section *innermost, const struct lp *lp)
{
	uint8_t *looking = &innermost->looking;
	bool lost = false;

	if (__atomic_load_n(looking, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(looking, 2, __ATOMIC_SEQ_CST);
		return false;
	}
	do {
		__atomic_store_n(looking, 1, __ATOMIC_SEQ_CST);
		lost |= one_is_lost(innermost, lp);
	} while (__atomic_exchange_n(looking, 0, __ATOMIC_SEQ_CST) == 2);
	if (!lost || !innermost->kept)
		return lost;
	innermost->due = true;
	return false;
}

static void set_kept(struct sgx_section *s, uint32_t kept)
{
	keep_order();
	__atomic_store_n(&s->kept, kept, __ATOMIC_RELAXED);
	keep_order();
}

void sgx_section_keep(struct sgx_mm *mm)
{
	struct sgx_section *s = innermost(mm);

	if (s)
		set_kept(s, s->kept + 1);
}

void sgx_section_let_go(struct sgx_mm *mm)
{
	struct sgx_section *s = innermost(mm);

	if (!s)
		return;
	set_kept(s, s->kept - 1);
	if (!s->kept && sgx_section_is_due(s))
		sgx_section_again(mm, s);
}

/*
 * Give back the locks that this thread still holds, as if it took them from
 * itself.  If one of them is taken away meanwhile, this begins again.
 */
static void give_back(struct sgx_mm *mm, struct sgx_section *s)
{
	for (; s; s = s->outer) {
		s->kept = 0;
		if (!s->lock ||
		    !sgx_same_ticket(sgx_lock_read(s->lock), s->ticket))
			continue;
		recover(mm, s);
		sgx_unlock(s->lock, s->ticket);
	}
}

/* Locks are given back here, before the frames of inner sections go. */
void sgx_section_again(struct sgx_mm *mm, struct sgx_section *s)
{
	struct sgx_section *outermost = s;

	while (outermost->outer)
		outermost = outermost->outer;
	give_back(mm, s);
	enter(mm, outermost);
	__builtin_longjmp(outermost->resume, 1);
}

/* From the start, with nothing held. */
static void begin(struct sgx_mm *mm, struct sgx_section *s)
{
	s->due = s->over = false;
	s->kept = 0;
	s->looking = 0;
	enter(mm, s);
}

/* fn is about to work, with the ticket as it is now. */
static void note_work(struct sgx_section *s)
{
	s->lost = (struct sgx_ticket){ 0 };
	set(&s->mine, s->ticket);
	if (s->encl)
		set(&s->encl->journal.work, s->mine);
}

/* The thread is sent back: remember the ticket that it worked with. */
static void note_loss(struct sgx_section *s)
{
	struct sgx_ticket mine = {
		__atomic_exchange_n(&s->mine.word, 0, __ATOMIC_SEQ_CST),
	};

	if (mine.word)
		s->lost = mine;
}

static int run_locked(struct sgx_mm *mm, struct sgx_section *s,
		      sgx_section_fn fn, void *arg)
{
	int ret;

	if (__builtin_setjmp(s->resume))
		note_loss(s);
	begin(mm, s);
	take(mm, s);
	/* We hold the lock, so whoever took it from us has finished. */
	if (s->encl && sgx_was_done(s->encl, s->lost)) {
		ret = 0;
	} else {
		note_work(s);
		ret = fn(mm, arg);
	}
	/*
	 * From here on fn is done and does not run again, unless an outer
	 * section is lost.  Then the lock is given back for it.
	 */
	__atomic_store_n(&s->over, true, __ATOMIC_SEQ_CST);
	if (s->encl)
		sgx_journal_close(s->encl, s->ticket);
	sgx_unlock(s->lock, s->ticket);
	enter(mm, s->outer);
	return ret;
}

static int locked(struct sgx_mm *mm, struct sgx_encl *encl,
		  struct sgx_lock *lock, sgx_section_fn fn, void *arg)
{
	struct sgx_section s = { .outer = innermost(mm),
				 .encl = encl,
				 .lock = lock };

	return run_locked(mm, &s, fn, arg);
}

int sgx_locked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
	       void *arg)
{
	return locked(mm, encl, &encl->lock, fn, arg);
}

int sgx_locked_shared(struct sgx_mm *mm, sgx_section_fn fn, void *arg)
{
	return locked(mm, NULL, &mm->shared->lock, fn, arg);
}

int sgx_trylocked(struct sgx_mm *mm, struct sgx_encl *encl, sgx_section_fn fn,
		  void *arg)
{
	if (sgx_lock_is_held(&encl->lock))
		return -EBUSY;
	return sgx_locked(mm, encl, fn, arg);
}

/* Leaf functions ----------------------------------------------------- */

static int run_leaf(struct sgx_mm *mm, struct sgx_section *s, struct lp *lp,
		    const struct lp_regs *regs, sgx_section_fn fn, void *arg)
{
	int ret;

	if (__builtin_setjmp(s->resume)) {
		lp_undo_entry(lp);
		lp->r = *regs;
	}
	begin(mm, s);
	ret = fn(mm, arg);
	enter(mm, s->outer);
	return ret;
}

int sgx_in_leaf(struct sgx_mm *mm, struct lp *lp, sgx_section_fn fn, void *arg)
{
	const struct lp_regs regs = lp->r;
	struct sgx_section s = { .outer = innermost(mm),
				 .in_enclave = lp->cr_enclave_mode };

	return run_leaf(mm, &s, lp, &regs, fn, arg);
}

/* Processes that have died ------------------------------------------- */

void sgx_lock_break(struct sgx_mm *mm, struct sgx_encl *encl,
		    struct sgx_lock *lock, uint32_t process)
{
	struct sgx_section s = { .encl = encl, .lock = lock };
	struct sgx_ticket seen = sgx_lock_read(lock);

	if (!sgx_ticket_held(seen) || sgx_ticket_process(seen) != process ||
	    !grab(mm, &s, seen))
		return;
	recover(mm, &s);
	sgx_unlock(lock, s.ticket);
}
