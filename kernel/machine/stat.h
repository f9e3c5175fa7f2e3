/* SPDX-License-Identifier: BSD-3-Clause */
/* What a platform has counted, and how much of it is in use. */
#ifndef SWSGX_KERNEL_MACHINE_STAT_H
#define SWSGX_KERNEL_MACHINE_STAT_H

#include "kernel/platform/mm_types.h"

/* The last four are of the present, the others count from the start. */
struct sgx_stat {
	uint64_t when[SGX_COUNTED]; /* by enum sgx_when */
	uint64_t event[SGX_EVENTS]; /* by enum sgx_event */
	uint64_t aex;
	uint64_t ewb, eldu, eaug;
	uint64_t epc_peak;
	uint64_t epc_pages, epc_free, enclaves, threads;
};

void sgx_stat(const struct sgx_mm *mm, struct sgx_stat *stat);

/* One enclave. */
struct sgx_stat_enclave {
	struct sgx_stats_encl pages;
	uint64_t epc_pages;   /* charged, now */
	uint64_t pages_added; /* in the EPC or not */
	bool open;
};

/* Those that ended last, then those that are open: how many. */
unsigned int sgx_stat_enclaves(const struct sgx_mm *mm,
			       struct sgx_stat_enclave *to, unsigned int max,
			       uint64_t *forgotten);
/* No more than this. */
unsigned int sgx_stat_enclaves_max(const struct sgx_mm *mm);

/* An enclave and the EPC, for a record of what happened to it. */
struct sgx_encl_facts {
	uint32_t index;
	uint64_t base, size; /* ELRANGE */
	uint64_t epc_free, epc_total;
};
void sgx_encl_facts(const struct sgx_shared *shared,
		    const struct sgx_encl *encl, struct sgx_encl_facts *facts);
/* Its MRENCLAVE, once INIT has been done; unless its SECS has left the EPC. */
void sgx_encl_mrenclave(const struct sgx_mm *mm, const struct sgx_encl *encl,
			uint8_t mrenclave[32]);

#endif
