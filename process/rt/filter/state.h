/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of filters keeps for the process. */
#ifndef SWSGX_PROCESS_RT_FILTER_STATE_H
#define SWSGX_PROCESS_RT_FILTER_STATE_H

#include <stdint.h>

/*
 * Enclaves whose addresses have a filter.  A filter is never taken back, and
 * the host runs all of them at each system call, so their number is limited.
 */
#define RT_MAX_ELRANGES 32

/* struct process' `filter` */
struct process_filter {
	uint32_t installed; /* RT_FILTER_* */
	uint32_t lock;      /* of what follows */
	uint32_t nr_elranges;
	struct {
		uint64_t base, size;
	} elranges[RT_MAX_ELRANGES]; /* that have a filter */
};

#endif
