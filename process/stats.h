/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a run has done, as its server shows it to a command: a memory file with
 * struct stats_run, then its threads, then its enclaves.  Times are in
 * nanoseconds.
 */
#ifndef SWSGX_PROCESS_STATS_H
#define SWSGX_PROCESS_STATS_H

#include <stdint.h>

#include "kernel/machine/stat.h"
#include "process/control.h"

#define STATS_VERSION 1

struct stats_run {
	uint32_t version, size; /* of the whole file, in bytes */
	uint32_t nr_threads, nr_enclaves;
	uint64_t age;
	uint64_t clock_age; /* the times count since then; 0: they do not */
	uint64_t epc_peak;  /* pages */
	uint64_t forgotten; /* enclaves that ended and are not listed */
	struct rt_counters counters;
	uint64_t count[SGX_STATS]; /* over all threads that there were */
};

/* A thread in one enclave. */
struct stats_thread {
	uint32_t pid, tid;
	uint64_t eid; /* 0: in none, or nothing is known of it */
	uint32_t alive, inside;
	uint64_t count[SGX_STATS];
};

struct stats_enclave {
	struct sgx_stat_enclave is;
	uint64_t inside; /* threads, now */
	uint64_t count[SGX_STATS];
};

#endif
