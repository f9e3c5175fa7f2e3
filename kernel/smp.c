/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/smp.h.  Linux: kernel/smp.c smp_call_function_many_cond(). */
#include "kernel/smp.h"

#include <asm/errno.h>

#include "cpu/secs.h"
#include "kernel/lock.h"
#include "kernel/sgx.h"

#define PATIENCE	(1u << 20)	/* times round: a second or more */
#define DEAD		1ull		/* who: a place that is being cleared */

enum { OFFLINE, RUNNING, PARKED, BORROWED };

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void store(uint32_t *p, uint32_t value)
{
	__atomic_store_n(p, value, __ATOMIC_SEQ_CST);
}

/*
 * Out of the epoch, into the current one.  Who dies in the midst of it is
 * counted once too often, and never too seldom.
 */
static void retrack(struct sgx_mm *mm, struct sgx_processor *p)
{
	struct secs_hidden *hidden = secs_hidden_at(&mm->cpu, p->secs);
	uint32_t former = load(&p->epoch);

	store(&p->epoch, secs_join(hidden));
	secs_leave(hidden, former);
}

/* The processor's own side ------------------------------------------- */

void sgx_ipi_look(const struct sgx_shared *shared, uint32_t seen[SGX_IPI_KINDS])
{
	for (unsigned i = 0; i < SGX_IPI_KINDS; i++)
		seen[i] = load(&shared->ipi_seq[i]);
}

static void raise_bound(struct sgx_shared *shared, uint32_t n)
{
	uint32_t was = load(&shared->nr_processors);

	while (was < n &&
	       !__atomic_compare_exchange_n(&shared->nr_processors, &was, n,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
}

static struct sgx_processor *take_place(struct sgx_mm *mm, uint64_t who)
{
	struct sgx_shared *shared = mm->shared;

	for (uint32_t i = 0;; i++) {
		uint64_t nobody = 0;

		if (i == SGX_MAX_PROCESSORS) {
			mm->host->cond_resched();
			i = 0;
		}
		if (!__atomic_load_n(&shared->processors[i].who,
				     __ATOMIC_RELAXED) &&
		    __atomic_compare_exchange_n(&shared->processors[i].who,
						&nobody, who, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED)) {
			raise_bound(shared, i + 1);
			return &shared->processors[i];
		}
	}
}

struct sgx_processor *
sgx_processor_enter(struct sgx_mm *mm, const struct lp *lp, uint32_t pid,
		    uint32_t tid, const uint32_t seen[SGX_IPI_KINDS])
{
	struct sgx_processor *p = take_place(mm, (uint64_t)pid << 32 | tid);

	p->secs = lp->cr_active_secs;
	p->owner = lp->owner;
	store(&p->epoch, lp->cr_entry_epoch);
	for (unsigned i = 0; i < SGX_IPI_KINDS; i++)
		store(&p->seen[i], seen[i]);
	store(&p->interrupted, false);
	/* From now on it is found; what came before, it looks for itself. */
	store(&p->state, RUNNING);
	return p;
}

bool sgx_processor_leave(struct sgx_mm *mm, struct sgx_processor *p)
{
	bool interrupted;

	store(&p->state, OFFLINE);
	/* A sender that died among its work must not keep us for ever. */
	for (uint32_t i = 0; load(&p->senders) && i < PATIENCE; i++)
		mm->host->cond_resched();
	store(&p->senders, 0);
	interrupted = sgx_processor_interrupted(p);
	__atomic_store_n(&p->who, 0, __ATOMIC_SEQ_CST);
	return interrupted;
}

bool sgx_processor_interrupted(const struct sgx_processor *p)
{
	return load(&p->interrupted);
}

void sgx_processor_park(struct sgx_processor *p)
{
	store(&p->state, PARKED);
}

void sgx_processor_unpark(struct sgx_processor *p, struct lp *lp)
{
	uint32_t state = PARKED;

	if (load(&p->state) == RUNNING)
		return;
	for (uint32_t i = 0; i < SGX_LOCK_PATIENCE; i++) {
		if (__atomic_compare_exchange_n(&p->state, &state, RUNNING,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			break;
		state = PARKED;
		__builtin_ia32_pause();
	}
	store(&p->state, RUNNING);
	lp->cr_entry_epoch = load(&p->epoch);
}

bool sgx_processor_due(const struct sgx_shared *shared,
		       const struct sgx_processor *p, enum sgx_ipi_kind kind,
		       uint32_t *seq)
{
	*seq = load(&shared->ipi_seq[kind]);
	return *seq != load(&p->seen[kind]);
}

void sgx_processor_done(struct sgx_processor *p, enum sgx_ipi_kind kind,
			uint32_t seq)
{
	store(&p->seen[kind], seq);
}

/*
 * The number first, then the mappings, then our word for both: who sends the
 * interrupt asked for the mappings before he drew its number.  Taken the other
 * way round, one that came in between would be answered for with mappings from
 * before it, and the page that it was about encrypted under our feet.
 */
bool sgx_processor_answer(struct sgx_mm *mm, struct sgx_processor *p,
			  struct lp *lp)
{
	uint32_t leave, track;
	bool due;

	if (sgx_processor_due(mm->shared, p, SGX_IPI_LEAVE, &leave))
		return true;
	due = sgx_processor_due(mm->shared, p, SGX_IPI_TRACK, &track);
	sgx_resync_if_due(mm);
	if (due) {
		retrack(mm, p);
		lp->cr_entry_epoch = load(&p->epoch);
		sgx_processor_done(p, SGX_IPI_TRACK, track);
	}
	return false;
}

/* The sender's side -------------------------------------------------- */

void sgx_ipi_begin(struct sgx_shared *shared, struct sgx_ipi *ipi)
{
	ipi->seq = __atomic_add_fetch(&shared->ipi_seq[ipi->kind], 1,
				      __ATOMIC_SEQ_CST);
}

static uint32_t pid_of(uint64_t who)
{
	return who >> 32;
}

/*
 * Is somebody there whom it is for, and who has not acted upon it?  The caller
 * is among the senders: nobody else takes the place meanwhile, because who is
 * there does not go before the senders have.
 */
static uint64_t addressee(const struct sgx_processor *p,
			  const struct sgx_ipi *ipi)
{
	uint64_t who = __atomic_load_n(&p->who, __ATOMIC_SEQ_CST);

	if (!pid_of(who) || load(&p->state) == OFFLINE ||
	    (ipi->pid && ipi->pid != pid_of(who)) ||
	    (ipi->secs != EPC_NONE && ipi->secs != p->secs))
		return 0;
	return (int32_t)(load(&p->seen[ipi->kind]) - ipi->seq) < 0 ? who : 0;
}

/* Whoever acts on its behalf does so to the end, unless he dies, too. */
static void vanish(struct sgx_processor *p)
{
	uint32_t state = load(&p->state);

	for (uint32_t i = 0; i < PATIENCE; i++) {
		if (state != BORROWED &&
		    __atomic_compare_exchange_n(&p->state, &state, OFFLINE,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return;
		__builtin_ia32_pause();
		state = load(&p->state);
	}
	store(&p->state, OFFLINE);
}

static uint32_t process_of(const struct sgx_processor *p)
{
	return p->owner >> 32;
}

/*
 * The thread has died.  Who it was is still to be known when its process is
 * buried.  DEVIATION DP12: without a number it is not, and what the thread left
 * in the enclave stays.
 */
static void forget(struct sgx_processor *p, uint64_t who)
{
	if (process_of(p)) {
		vanish(p);
		return;
	}
	if (!__atomic_compare_exchange_n(&p->who, &who, DEAD, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	store(&p->state, OFFLINE);
	__atomic_store_n(&p->who, 0, __ATOMIC_SEQ_CST);
}

static bool is_dead(const struct sgx_ipi *ipi, uint64_t who)
{
	return ipi->send(pid_of(who), (uint32_t)who, true) == -ESRCH;
}

static void join_sender(struct sgx_processor *p)
{
	__atomic_add_fetch(&p->senders, 1, __ATOMIC_SEQ_CST);
}

/* The count may have been given up meanwhile: it does not go below 0. */
static void part_sender(struct sgx_processor *p)
{
	uint32_t was = load(&p->senders);

	while (was && !__atomic_compare_exchange_n(&p->senders, &was, was - 1,
						   false, __ATOMIC_SEQ_CST,
						   __ATOMIC_SEQ_CST))
		;
}

/* 1 if somebody was there. */
static unsigned send_one(struct sgx_processor *p, const struct sgx_ipi *ipi)
{
	uint64_t who;
	bool parked;

	if (!__atomic_load_n(&p->who, __ATOMIC_RELAXED))
		return 0;
	join_sender(p);
	who = addressee(p, ipi);
	if (who) {
		parked = load(&p->state) != RUNNING;
		if (!parked)
			store(&p->interrupted, true);
		if (ipi->send(pid_of(who), (uint32_t)who, parked) == -ESRCH) {
			forget(p, who);
			who = 0;
		}
	}
	part_sender(p);
	return who != 0;
}

unsigned sgx_ipi_send(struct sgx_mm *mm, const struct sgx_ipi *ipi)
{
	uint32_t n = load(&mm->shared->nr_processors);
	unsigned found = 0;

	for (uint32_t i = 0; i < n; i++)
		found += send_one(&mm->shared->processors[i], ipi);
	return found;
}

/* True if it was parked. */
static bool on_behalf(struct sgx_mm *mm, struct sgx_processor *p,
		      const struct sgx_ipi *ipi)
{
	uint32_t state = PARKED;

	if (ipi->kind == SGX_IPI_LEAVE)
		return load(&p->state) != RUNNING;
	if (!__atomic_compare_exchange_n(&p->state, &state, BORROWED, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return state == OFFLINE;
	retrack(mm, p);
	store(&p->state, PARKED);
	return true;
}

/* 1 if it is still to act. */
static unsigned pending_one(struct sgx_mm *mm, struct sgx_processor *p,
			    const struct sgx_ipi *ipi, bool probe)
{
	uint64_t who;

	if (!__atomic_load_n(&p->who, __ATOMIC_RELAXED))
		return 0;
	join_sender(p);
	who = addressee(p, ipi);
	if (who && on_behalf(mm, p, ipi))
		who = 0;
	if (who && probe && is_dead(ipi, who)) {
		forget(p, who);
		who = 0;
	}
	part_sender(p);
	return who != 0;
}

unsigned sgx_ipi_pending(struct sgx_mm *mm, const struct sgx_ipi *ipi,
			 bool probe)
{
	uint32_t n = load(&mm->shared->nr_processors);
	unsigned left = 0;

	for (uint32_t i = 0; i < n; i++)
		left += pending_one(mm, &mm->shared->processors[i], ipi, probe);
	return left;
}

void sgx_processors_sweep(struct sgx_mm *mm,
			  int (*send)(uint32_t pid, uint32_t tid, bool probe))
{
	uint32_t n = load(&mm->shared->nr_processors);

	for (uint32_t i = 0; i < n; i++) {
		struct sgx_processor *p = &mm->shared->processors[i];
		uint64_t who = __atomic_load_n(&p->who, __ATOMIC_SEQ_CST);

		if (pid_of(who) &&
		    send(pid_of(who), (uint32_t)who, true) == -ESRCH)
			forget(p, who);
	}
}

void sgx_processors_forget(struct sgx_mm *mm, uint32_t pid)
{
	uint32_t n = load(&mm->shared->nr_processors);

	for (uint32_t i = 0; i < n; i++) {
		struct sgx_processor *p = &mm->shared->processors[i];
		uint64_t who = __atomic_load_n(&p->who, __ATOMIC_SEQ_CST);

		if (pid_of(who) == pid)
			forget(p, who);
	}
}

bool sgx_processor_bury(struct sgx_mm *mm, uint64_t owner, uint32_t *epoch)
{
	uint32_t n = load(&mm->shared->nr_processors);

	for (uint32_t i = 0; i < n; i++) {
		struct sgx_processor *p = &mm->shared->processors[i];

		if (!pid_of(__atomic_load_n(&p->who, __ATOMIC_SEQ_CST)) ||
		    p->owner != owner)
			continue;
		vanish(p);
		*epoch = load(&p->epoch);
		return true;
	}
	return false;
}

void sgx_processors_exit(struct sgx_mm *mm, uint32_t process)
{
	uint32_t n = load(&mm->shared->nr_processors);

	for (uint32_t i = 0; i < n; i++) {
		struct sgx_processor *p = &mm->shared->processors[i];

		if (!pid_of(__atomic_load_n(&p->who, __ATOMIC_SEQ_CST)) ||
		    process_of(p) != process)
			continue;
		store(&p->state, OFFLINE);
		p->owner = 0;
		__atomic_store_n(&p->who, 0, __ATOMIC_SEQ_CST);
	}
}
