/* SPDX-License-Identifier: BSD-3-Clause */
/* See machine/smp.h.  Linux: kernel/smp.c smp_call_function_many_cond(). */
#include "kernel/machine/smp.h"

#include <asm/errno.h>

#include "kernel/machine/notes.h"
#include "kernel/mm/pte.h"

#define BATCH  32 /* interrupts for one fence */
#define ROUNDS 16 /* for threads that were faster, or not reached */

/* The processor's own side ------------------------------------------- */

static uint32_t leave_seq(const struct sgx_shared *shared)
{
	return __atomic_load_n(&shared->leave_seq, __ATOMIC_SEQ_CST);
}

void sgx_processor_look(const struct sgx_shared *shared, uint32_t *seen)
{
	*seen = leave_seq(shared);
}

void sgx_processor_saw(struct lp *lp, uint32_t seen)
{
	lp->processor->seen = seen;
}

bool sgx_processor_must_leave(const struct sgx_mm *mm, const struct lp *lp)
{
	return lp->processor && lp->processor->seen != leave_seq(mm->shared);
}

bool sgx_processor_is_inside(const struct lp *lp)
{
	enum processor_state state;

	if (!lp->processor)
		return false;
	state = processor_state(processor_inside(lp->processor));
	return state == PROCESSOR_RUNNING || state == PROCESSOR_AWAY;
}

/*
 * The processor first says that it is RUNNING, and then looks.  A thread that
 * takes something away does that first, and then looks who is RUNNING.
 */
bool sgx_processor_resume(struct sgx_mm *mm, struct lp *lp)
{
	processor_join(lp, lp->cr_active_secs);
	if (sgx_processor_must_leave(mm, lp)) {
		processor_park(lp);
		return true;
	}
	sgx_resync_if_due(mm);
	return false;
}

/* The sender's side -------------------------------------------------- */

static uint32_t pid_of(uint64_t who)
{
	return (uint32_t)(who >> 32);
}

struct addressee {
	struct processor *p;
	uint64_t inside;
};

/* Is the interrupt for this processor, as it is now? */
static bool is_addressee(const struct processor *p, uint64_t secs,
			 uint32_t epoch, struct addressee *a)
{
	a->inside = processor_inside(p);
	return processor_state(a->inside) == PROCESSOR_RUNNING &&
	       processor_epoch(a->inside) <= epoch &&
	       (secs == EPC_NONE ||
		__atomic_load_n(&p->secs, __ATOMIC_SEQ_CST) == secs);
}

static void join_senders(struct processor *p)
{
	__atomic_add_fetch(&p->senders, 1, __ATOMIC_SEQ_CST);
}

/* The place may have been cleared meanwhile: do not count below 0. */
static void part_senders(struct processor *p)
{
	uint16_t was = __atomic_load_n(&p->senders, __ATOMIC_SEQ_CST);

	while (was &&
	       !__atomic_compare_exchange_n(&p->senders, &was, was - 1, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/*
 * False: not reached.  A dead thread executes nothing, so it counts as reached;
 * sgx_exit() gives back what its process holds.
 */
static bool send(struct sgx_mm *mm, const struct sgx_sender *sender,
		 const struct processor *p)
{
	struct sgx_note *note;
	uint64_t who = __atomic_load_n(&p->who, __ATOMIC_SEQ_CST);
	int ret;

	/* The place was given back: its word has changed, which will show. */
	if (!who)
		return true;
	if (sender->pid && sender->pid != pid_of(who))
		return false;
	note = sgx_note(mm->shared, pid_of(who), (uint32_t)who);
	sgx_note_begin(note);
	ret = sender->send(pid_of(who), (uint32_t)who);
	sgx_note_sent(note);
	return !ret || ret == -ESRCH;
}

/*
 * Counted among the processor's senders: it waits for them before it goes where
 * the signal would disturb it.
 */
static bool send_if_still(struct sgx_mm *mm, const struct sgx_sender *sender,
			  const struct addressee *a)
{
	bool reached = true;

	join_senders(a->p);
	if (processor_inside(a->p) == a->inside)
		reached = send(mm, sender, a->p);
	part_senders(a->p);
	return reached;
}

/* Those that still are what they were; the others changed by themselves. */
static void send_away(const struct sgx_sender *sender, struct addressee *a,
		      unsigned n)
{
	if (!n || sender->fence())
		return;
	while (n--)
		processor_send_away(a[n].p, a[n].inside);
}

static unsigned interrupt_round(struct sgx_mm *mm,
				const struct sgx_sender *sender, uint64_t secs,
				uint32_t epoch)
{
	struct addressee a[BATCH];
	unsigned n = 0, left = 0;
	struct processor *p;

	for_each_processor(p, &mm->cpu) {
		a[n].p = p;
		if (!is_addressee(p, secs, epoch, &a[n]))
			continue;
		left++;
		if (send_if_still(mm, sender, &a[n]) && ++n == BATCH) {
			send_away(sender, a, n);
			n = 0;
		}
	}
	send_away(sender, a, n);
	return left;
}

static unsigned count(const struct sgx_mm *mm, uint64_t secs, uint32_t epoch)
{
	const struct processor *p;
	struct addressee a;
	unsigned n = 0;

	for_each_processor(p, &mm->cpu)
		n += is_addressee(p, secs, epoch, &a);
	return n;
}

unsigned sgx_interrupt(struct sgx_mm *mm, const struct sgx_sender *sender,
		       uint64_t secs, uint32_t epoch)
{
	for (int i = 0; i < ROUNDS; i++) {
		unsigned before = interrupt_round(mm, sender, secs, epoch);

		if (!before || (sender->pid && i))
			break;
	}
	return count(mm, secs, epoch);
}

unsigned sgx_processors_entered(const struct sgx_mm *mm)
{
	const struct processor *p;
	unsigned n = 0;

	for_each_processor(p, &mm->cpu) {
		n += processor_state(processor_inside(p)) !=
			     PROCESSOR_OFFLINE &&
		     p->seen == leave_seq(mm->shared);
	}
	return n;
}

unsigned sgx_expel(struct sgx_mm *mm)
{
	unsigned n = sgx_processors_entered(mm);

	__atomic_fetch_add(&mm->shared->leave_seq, 1, __ATOMIC_SEQ_CST);
	mm->host->ipi(EPC_NONE, UINT32_MAX);
	return n;
}
