/* SPDX-License-Identifier: BSD-3-Clause */
/* See cpu/processors.h. */
#include "cpu/processors.h"

#include "cpu/secs.h"
#include "cpu/tcs.h"

#define STATE_MASK 7ull
#define COUNT_ONE  8ull /* of `inside`, above the state */
#define COUNT_MASK 0xfffffff8ull
#define SOMEBODY   (~0ull) /* who: an lp without a number */
#ifndef SENDERS_PATIENCE
#define SENDERS_PATIENCE 8192u
#endif

static void raise_bound(const struct cpu *cpu, uint32_t n)
{
	uint32_t was = processors_bound(cpu);

	while (was < n &&
	       !__atomic_compare_exchange_n(cpu->nr_processors, &was, n, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static bool take(struct processor *p, uint64_t who)
{
	uint64_t nobody = 0;

	return !__atomic_load_n(&p->who, __ATOMIC_RELAXED) &&
	       __atomic_compare_exchange_n(&p->who, &nobody, who, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* The place it had last comes first: nobody else's cache has it. */
static struct processor *find_place(struct lp *lp)
{
	uint64_t who = PROCESSOR_CLAIM | tcs_owner_process(lp->owner);
	uint32_t i = lp->processor_hint, next = 0;

	/* The bound first: a thread that dies with its place is found. */
	raise_bound(lp->cpu, i + 1);
	while (!take(&lp->cpu->processors[i], who)) {
		i = next;
		next = (next + 1) % CPU_MAX_PROCESSORS;
		__builtin_ia32_pause();
		raise_bound(lp->cpu, i + 1);
	}
	lp->processor_hint = i;
	return &lp->cpu->processors[i];
}

/* The word after `was`.  The count makes it differ from all recent ones. */
static uint64_t next_inside(uint64_t was, uint32_t epoch,
			    enum processor_state state)
{
	return (uint64_t)epoch << 32 | ((was + COUNT_ONE) & COUNT_MASK) | state;
}

static bool exchange_inside(struct processor *p, uint64_t was, uint64_t next)
{
	return __atomic_compare_exchange_n(&p->inside, &was, next, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/*
 * What the processor has done before is done for whoever sees this.  It may
 * look at others before they see it: who must not calls set_inside_first().
 */
static uint64_t set_inside(struct processor *p, uint32_t epoch,
			   enum processor_state state)
{
	uint64_t next = next_inside(processor_inside(p), epoch, state);

	__atomic_store_n(&p->inside, next, __ATOMIC_RELEASE);
	return next;
}

/* Others see this before the processor looks at anything of theirs. */
static uint64_t set_inside_first(struct processor *p, uint32_t epoch,
				 enum processor_state state)
{
	uint64_t next = set_inside(p, epoch, state);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return next;
}

void processor_online(struct lp *lp)
{
	if (lp->processor)
		return;
	lp->processor = find_place(lp);
	lp->processor->owner = lp->owner;
	__atomic_store_n(&lp->processor->who, lp->who ? lp->who : SOMEBODY,
			 __ATOMIC_RELEASE);
	set_inside(lp->processor, 0, PROCESSOR_PARKED);
}

/* The owner can be read until the place is free. */
void processor_clear(struct processor *p)
{
	uint64_t claim = PROCESSOR_CLAIM | tcs_owner_process(p->owner);

	set_inside(p, 0, PROCESSOR_OFFLINE);
	__atomic_store_n(&p->tcs, EPC_NONE, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 2 * PROCESSOR_FRAME_PAGES; i++)
		__atomic_store_n(&p->held[0][0] + i, EPC_NONE,
				 __ATOMIC_RELEASE);
	__atomic_store_n(&p->secs, EPC_NONE, __ATOMIC_RELEASE);
	__atomic_store_n(&p->senders, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&p->who, claim, __ATOMIC_RELEASE);
	p->owner = 0;
	__atomic_store_n(&p->who, 0, __ATOMIC_RELEASE);
}

/* Sending takes microseconds.  A sender that was stopped is not waited for. */
static void let_senders_finish(struct processor *p)
{
	for (unsigned i = 0; i < SENDERS_PATIENCE; i++) {
		if (!__atomic_load_n(&p->senders, __ATOMIC_SEQ_CST))
			return;
		__builtin_ia32_pause();
	}
}

void processor_offline(struct lp *lp)
{
	struct processor *p = lp->processor;

	lp->processor = NULL;
	if (!p)
		return;
	set_inside_first(p, 0, PROCESSOR_OFFLINE);
	let_senders_finish(p);
	processor_clear(p);
}

/*
 * A processor says that it is JOINING before it reads the epoch.  ETRACK begins
 * an epoch before it looks who is JOINING.  So no processor is RUNNING, not for
 * an instant, in an epoch that was over before it joined.
 */
void processor_join(struct lp *lp, uint64_t secs_pa)
{
	const struct secs_hidden *hidden = secs_hidden_at(lp->cpu, secs_pa);
	struct processor *p = lp->processor;
	uint64_t joining;

	if (processor_state(processor_inside(p)) == PROCESSOR_RUNNING)
		set_inside(p, 0, PROCESSOR_PARKED);
	__atomic_store_n(&p->secs, secs_pa, __ATOMIC_RELEASE);
	do
		joining = set_inside_first(p, 0, PROCESSOR_JOINING);
	while (!exchange_inside(p, joining,
				next_inside(joining, secs_epoch(hidden),
					    PROCESSOR_RUNNING)));
}

void processors_look_again(const struct cpu *cpu, uint64_t secs_pa)
{
	struct processor *p;

	for_each_processor(p, cpu) {
		uint64_t was = processor_inside(p);

		if (processor_state(was) == PROCESSOR_JOINING &&
		    __atomic_load_n(&p->secs, __ATOMIC_SEQ_CST) == secs_pa)
			exchange_inside(p, was,
					next_inside(was, 0, PROCESSOR_JOINING));
	}
}

void processor_park(struct lp *lp)
{
	if (lp->processor)
		set_inside(lp->processor, 0, PROCESSOR_PARKED);
}

/* `secs` belongs to `inside` if `inside` is the same before and after. */
static bool is_inside(const struct processor *p, uint64_t secs_pa,
		      uint32_t epoch)
{
	uint64_t inside, secs;

	do {
		inside = processor_inside(p);
		if (processor_state(inside) != PROCESSOR_RUNNING ||
		    processor_epoch(inside) > epoch)
			return false;
		secs = __atomic_load_n(&p->secs, __ATOMIC_SEQ_CST);
	} while (inside != processor_inside(p));
	return secs == secs_pa;
}

bool processors_inside(const struct cpu *cpu, uint64_t secs_pa, uint32_t epoch)
{
	const struct processor *p;

	for_each_processor(p, cpu) {
		if (is_inside(p, secs_pa, epoch))
			return true;
	}
	return false;
}

bool processor_send_away(struct processor *p, uint64_t inside)
{
	return exchange_inside(p, inside,
			       (inside & ~STATE_MASK) | PROCESSOR_AWAY);
}
