/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/platform/stats.h. */
#include "kernel/platform/stats.h"

#include "cpu/mem.h"

static uint64_t owner(uint32_t process, enum sgx_stats_state state)
{
	return (uint64_t)process << 32 | state;
}

static uint32_t process_of(const struct sgx_stats_row *row)
{
	return (uint32_t)(__atomic_load_n(&row->owner, __ATOMIC_ACQUIRE) >> 32);
}

uint32_t sgx_stats_nr_rows(const struct sgx_stats *stats)
{
	return __atomic_load_n(&stats->nr_rows, __ATOMIC_ACQUIRE);
}

static void raise_bound(struct sgx_stats *stats, uint32_t n)
{
	uint32_t was = sgx_stats_nr_rows(stats);

	while (was < n &&
	       !__atomic_compare_exchange_n(&stats->nr_rows, &was, n, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* True: the row was in this state, and is this process's now. */
static bool take(struct sgx_stats_row *row, enum sgx_stats_state state,
		 uint32_t process)
{
	uint64_t was = __atomic_load_n(&row->owner, __ATOMIC_ACQUIRE);

	return (was & 7) == state &&
	       __atomic_compare_exchange_n(&row->owner, &was,
					   owner(process, SGX_STATS_CLAIMED),
					   false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* One that nobody has had yet, below `limit`. */
static struct sgx_stats_row *take_new(struct sgx_stats *stats, uint32_t limit,
				      uint32_t process)
{
	for (uint32_t n = sgx_stats_nr_rows(stats); n < limit; n++) {
		bool taken = take(&stats->rows[n], SGX_STATS_FREE, process);

		raise_bound(stats, n + 1);
		if (taken)
			return &stats->rows[n];
	}
	return NULL;
}

static struct sgx_stats_row *take_done(struct sgx_stats *stats,
				       uint32_t process)
{
	for (uint32_t n = 1; n < sgx_stats_nr_rows(stats); n++) {
		if (take(&stats->rows[n], SGX_STATS_DONE, process))
			return &stats->rows[n];
	}
	return NULL;
}

void sgx_stats_init(struct sgx_stats *stats)
{
	stats->rows[0].owner = owner(0, SGX_STATS_LIVE);
	stats->nr_rows = 1;
}

struct sgx_stats_row *sgx_stats_claim(struct sgx_stats *stats, uint32_t process,
				      uint32_t pid, uint32_t tid, uint64_t eid)
{
	struct sgx_stats_row *row;

	row = take_new(stats, SGX_STATS_SHOWN, process);
	if (!row)
		row = take_done(stats, process);
	if (!row)
		row = take_new(stats, SGX_STATS_ROWS, process);
	if (!row)
		return &stats->rows[0];
	memcpy(row->before, row->count, sizeof(row->before));
	row->pid = pid;
	row->tid = tid;
	row->eid = eid;
	row->at = 0;
	row->inside = 0;
	__atomic_store_n(&row->owner, owner(process, SGX_STATS_LIVE),
			 __ATOMIC_RELEASE);
	return row;
}

void sgx_stats_end(struct sgx_stats_row *row)
{
	/* the shared one stays */
	if (row->tid)
		__atomic_store_n(&row->owner,
				 owner(process_of(row), SGX_STATS_DONE),
				 __ATOMIC_RELEASE);
}

void sgx_stats_exit(struct sgx_stats *stats, uint32_t process)
{
	for (uint32_t n = 1; process && n < sgx_stats_nr_rows(stats); n++) {
		struct sgx_stats_row *row = &stats->rows[n];

		if (process_of(row) == process &&
		    sgx_stats_state(row) != SGX_STATS_FREE)
			__atomic_store_n(&row->owner, owner(0, SGX_STATS_DONE),
					 __ATOMIC_RELEASE);
	}
}

void sgx_stats_remember(struct sgx_stats *stats,
			const struct sgx_stats_encl *encl)
{
	uint64_t n = __atomic_fetch_add(&stats->nr_ended, 1, __ATOMIC_SEQ_CST);

	stats->ended[n % SGX_STATS_ENDED] = *encl;
}

uint64_t sgx_stats_sum(const struct sgx_stats *stats,
		       enum sgx_stats_counter first,
		       enum sgx_stats_counter last)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < sgx_stats_nr_rows(stats); n++) {
		for (unsigned int i = first; i <= last; i++)
			sum += __atomic_load_n(&stats->rows[n].count[i],
					       __ATOMIC_RELAXED);
	}
	return sum;
}
