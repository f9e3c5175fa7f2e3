/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `swsgx stat` and `swsgx run --stats` count.  Each thread has a row of
 * counters for each enclave that it enters, and nobody else writes to it; so a
 * transition touches no memory that two threads write to.  The rows lie in the
 * platform file, where the server reads them.
 *
 * A row outlives its thread and is used again, but its counters are not reset:
 * what they were is noted (`before`).  So the sum over all rows is exact.
 */
#ifndef SWSGX_KERNEL_PLATFORM_STATS_H
#define SWSGX_KERNEL_PLATFORM_STATS_H

#include <stdint.h>

#define SGX_STATS_ROWS 32768
#define SGX_STATS_SHOWN \
	4096                /* so many, before those of the dead are reused \
			     */
#define SGX_STATS_ENDED 256 /* enclaves that are remembered */

/* Counters of a row.  AEX and faults: each vector of its own, then the rest. */
enum sgx_stats_counter {
	SGX_STAT_EENTER,
	SGX_STAT_ERESUME,
	SGX_STAT_EEXIT,
	/* Ticks of the TSC, while struct sgx_stats' clock is on. */
	SGX_STAT_INSIDE,
	SGX_STAT_OUTSIDE, /* since the thread was first inside */
	SGX_STAT_AEX_INTERRUPT,
	SGX_STAT_AEX_DE,
	SGX_STAT_AEX_DB,
	SGX_STAT_AEX_BP,
	SGX_STAT_AEX_UD,
	SGX_STAT_AEX_GP,
	SGX_STAT_AEX_PF,
	SGX_STAT_AEX_OTHER,
	SGX_STAT_FAULT_EPCM, /* a #PF with PF_SGX */
	SGX_STAT_FAULT_PF,   /* another one */
	SGX_STAT_FAULT_GP,
	SGX_STAT_FAULT_UD,
	SGX_STAT_FAULT_OTHER,
	SGX_STAT_EREPORT,
	SGX_STAT_EGETKEY,
	SGX_STAT_EACCEPT,
	SGX_STAT_EMODPE,
	SGX_STAT_EACCEPTCOPY,
	SGX_STAT_LEAF_OTHER,
	SGX_STATS
};

enum sgx_stats_state {
	SGX_STATS_FREE,
	SGX_STATS_CLAIMED, /* the rest is being written */
	SGX_STATS_LIVE,
	SGX_STATS_DONE, /* its thread has ended, or left the enclave for good */
};

#define SGX_STATS_IS_INSIDE (1ull << 63) /* of `at` */

struct sgx_stats_row {
	/* Atomic: enum sgx_stats_state; and above it struct host's number. */
	uint64_t owner;
	uint32_t pid, tid; /* pid as the server knows it */
	uint64_t eid;      /* of the enclave; 0: in none */
	uint64_t at;       /* TSC of the last transition, or 0 */
	uint64_t inside;   /* atomic */
	uint64_t count[SGX_STATS];
	uint64_t before[SGX_STATS]; /* of earlier threads */
} __attribute__((aligned(64)));

/* An enclave's pages.  Of one that lives, struct sgx_encl has them. */
struct sgx_stats_encl {
	uint64_t eid; /* SECS.EID, which no other enclave has */
	uint64_t base, size;
	uint64_t ewb, eldu, eaug;
	uint64_t peak; /* EPC pages charged */
};

/* In struct sgx_shared. */
struct sgx_stats {
	uint32_t clock;   /* atomic: transitions read the TSC */
	uint32_t nr_rows; /* atomic: ever used */
	uint64_t epc_peak;
	uint64_t nr_ended; /* atomic */
	struct sgx_stats_encl ended[SGX_STATS_ENDED];
	/* The first is for whoever finds no other. */
	struct sgx_stats_row rows[SGX_STATS_ROWS];
};

static inline enum sgx_stats_state sgx_stats_state(
	const struct sgx_stats_row *row)
{
	return __atomic_load_n(&row->owner, __ATOMIC_ACQUIRE) & 7;
}

/* Only the row's thread writes to it. */
static inline void sgx_stats_add(struct sgx_stats_row *row,
				 enum sgx_stats_counter what, uint64_t n)
{
	uint64_t now = __atomic_load_n(&row->count[what], __ATOMIC_RELAXED);

	__atomic_store_n(&row->count[what], now + n, __ATOMIC_RELAXED);
}

void sgx_stats_init(struct sgx_stats *stats);
/*
 * A row for a thread in an enclave, of the process of that number.  Never NULL;
 * if there are too many threads, the row that they share.
 */
struct sgx_stats_row *sgx_stats_claim(struct sgx_stats *stats, uint32_t process,
				      uint32_t pid, uint32_t tid, uint64_t eid);
/* The thread has ended, or will not go on with that enclave. */
void sgx_stats_end(struct sgx_stats_row *row);
/* Process `process` has ended. */
void sgx_stats_exit(struct sgx_stats *stats, uint32_t process);
/* Remember an enclave that has ended. */
void sgx_stats_remember(struct sgx_stats *stats,
			const struct sgx_stats_encl *encl);
/* How many were ever used. */
uint32_t sgx_stats_nr_rows(const struct sgx_stats *stats);
/* Over all rows that there ever were. */
uint64_t sgx_stats_sum(const struct sgx_stats *stats,
		       enum sgx_stats_counter first,
		       enum sgx_stats_counter last);

#endif
