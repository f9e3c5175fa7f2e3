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
	uint64_t epc_pages, epc_free, enclaves, threads;
};

void sgx_stat(const struct sgx_mm *mm, struct sgx_stat *stat);
/* One more AEX. */
void sgx_stat_aex(struct sgx_mm *mm);

#endif
