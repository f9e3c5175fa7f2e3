/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/rt/lp/stats.h. */
#include "process/rt/lp/stats.h"

#include <linux/prctl.h>

#include "cpu/mem.h"
#include "cpu/secs.h"
#include "cpu/tcs.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/lp/ipi.h"
#include "process/rt/rt.h"

static struct sgx_stats *stats(void)
{
	return sgx_stats_of(rt_process.mm.shared);
}

/*
 * A thread that goes round more enclaves than it has places for gives up the
 * row that it has had longest.
 */
static struct sgx_stats_row *new_row(struct thread *t, uint64_t eid)
{
	struct sgx_stats_row **place = &t->stats.rows[t->stats.next];

	if (*place)
		sgx_stats_end(*place);
	*place = sgx_stats_claim(stats(), tcs_owner_process(t->lp.owner),
				 rt_server_pid(), t->tid, eid);
	t->stats.next = (t->stats.next + 1) % RT_STATS_ROWS;
	return *place;
}

static struct sgx_stats_row *find_row(struct thread *t, uint64_t eid)
{
	for (unsigned int i = 0; i < RT_STATS_ROWS; i++) {
		struct sgx_stats_row *row = t->stats.rows[i];

		if (row && row->eid == eid)
			return row;
	}
	return new_row(t, eid);
}

/* Where it counts what belongs to no entry. */
static struct sgx_stats_row *any_row(struct thread *t)
{
	if (!t->stats.row)
		t->stats.row = find_row(t, 0);
	return t->stats.row;
}

/* In an enclave of a processor without SGX2, RDTSC faults, ours too. */
static uint64_t tsc(const struct thread *t)
{
	uint64_t now;

	if (t->mode.tsc_forbidden)
		sys2(__NR_prctl, PR_SET_TSC, PR_TSC_ENABLE);
	if (rt_tsc(&now))
		now = 0;
	if (t->mode.tsc_forbidden)
		sys2(__NR_prctl, PR_SET_TSC, PR_TSC_SIGSEGV);
	return now & ~SGX_STATS_IS_INSIDE;
}

/* Another CPU's TSC may be behind. */
static void add_since(struct sgx_stats_row *row, uint64_t now)
{
	uint64_t then = row->at & ~SGX_STATS_IS_INSIDE;

	if (then && now > then)
		sgx_stats_add(row,
			      row->at & SGX_STATS_IS_INSIDE ? SGX_STAT_INSIDE :
							      SGX_STAT_OUTSIDE,
			      now - then);
}

static bool has_clock(void)
{
	return __atomic_load_n(&stats()->clock, __ATOMIC_RELAXED);
}

/* `last`: the row that has the time until now. */
static void tick(const struct thread *t, struct sgx_stats_row *last,
		 struct sgx_stats_row *row, uint64_t inside)
{
	uint64_t now = tsc(t);

	if (last) {
		add_since(last, now);
		__atomic_store_n(&last->at, 0, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&row->at, now ? now | inside : 0, __ATOMIC_RELAXED);
}

void rt_stats_enter(struct thread *t, uint32_t leaf)
{
	struct sgx_stats_row *last = t->stats.row, *row = last;
	uint64_t eid = secs_hidden_at(t->lp.cpu, t->lp.cr_active_secs)->eid;

	if (!row || row->eid != eid)
		row = find_row(t, eid);
	t->stats.row = row;
	sgx_stats_add(row,
		      leaf == ENCLU_EENTER ? SGX_STAT_EENTER : SGX_STAT_ERESUME,
		      1);
	__atomic_store_n(&row->inside, 1, __ATOMIC_RELAXED);
	if (has_clock())
		tick(t, last, row, SGX_STATS_IS_INSIDE);
}

void rt_stats_refused(struct thread *t, uint32_t leaf)
{
	if (leaf == ENCLU_EENTER)
		sgx_stats_add(any_row(t), SGX_STAT_EENTER, 1);
	else if (leaf == ENCLU_ERESUME)
		sgx_stats_add(any_row(t), SGX_STAT_ERESUME, 1);
}

static void leave(struct thread *t, enum sgx_stats_counter how)
{
	struct sgx_stats_row *row = any_row(t);

	sgx_stats_add(row, how, 1);
	__atomic_store_n(&row->inside, 0, __ATOMIC_RELAXED);
	if (has_clock())
		tick(t, row, row, 0);
}

void rt_stats_exit(struct thread *t)
{
	leave(t, SGX_STAT_EEXIT);
}

static enum sgx_stats_counter aex_cause(const struct fault *event)
{
	static const uint8_t cause[VECTOR_XM + 1] = {
		[VECTOR_DE] = SGX_STAT_AEX_DE, [VECTOR_DB] = SGX_STAT_AEX_DB,
		[VECTOR_BP] = SGX_STAT_AEX_BP, [VECTOR_UD] = SGX_STAT_AEX_UD,
		[VECTOR_GP] = SGX_STAT_AEX_GP, [VECTOR_PF] = SGX_STAT_AEX_PF,
	};

	if (!event)
		return SGX_STAT_AEX_INTERRUPT;
	if (event->vector > VECTOR_XM || !cause[event->vector])
		return SGX_STAT_AEX_OTHER;
	return cause[event->vector];
}

void rt_stats_aex(struct thread *t, const struct fault *event)
{
	leave(t, aex_cause(event));
}

void rt_stats_leaf(struct thread *t, uint32_t leaf)
{
	enum sgx_stats_counter what = SGX_STAT_LEAF_OTHER;

	switch (leaf) {
	case ENCLU_EREPORT:
		what = SGX_STAT_EREPORT;
		break;
	case ENCLU_EGETKEY:
		what = SGX_STAT_EGETKEY;
		break;
	case ENCLU_EACCEPT:
		what = SGX_STAT_EACCEPT;
		break;
	case ENCLU_EMODPE:
		what = SGX_STAT_EMODPE;
		break;
	case ENCLU_EACCEPTCOPY:
		what = SGX_STAT_EACCEPTCOPY;
		break;
	}
	sgx_stats_add(any_row(t), what, 1);
}

void rt_stats_fault(struct thread *t, const struct ksignal *signal)
{
	enum sgx_stats_counter what = SGX_STAT_FAULT_OTHER;

	if (signal->trapnr == VECTOR_PF)
		what = signal->error_code & PF_SGX ? SGX_STAT_FAULT_EPCM :
						     SGX_STAT_FAULT_PF;
	else if (signal->trapnr == VECTOR_GP)
		what = SGX_STAT_FAULT_GP;
	else if (signal->trapnr == VECTOR_UD)
		what = SGX_STAT_FAULT_UD;
	sgx_stats_add(any_row(t), what, 1);
}

void rt_stats_end(struct thread *t)
{
	for (unsigned int i = 0; i < RT_STATS_ROWS; i++) {
		if (t->stats.rows[i])
			sgx_stats_end(t->stats.rows[i]);
	}
	rt_stats_forget(t);
}

void rt_stats_forget(struct thread *t)
{
	memset(&t->stats, 0, sizeof(t->stats));
}
