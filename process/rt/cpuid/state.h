/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of CPUID keeps for the process. */
#ifndef SWSGX_PROCESS_RT_CPUID_STATE_H
#define SWSGX_PROCESS_RT_CPUID_STATE_H

#include <stdint.h>

/* struct process' `cpuid` */
struct process_cpuid {
	uint32_t faulting; /* the processor faults CPUID */
	uint32_t lock;     /* of the list of rewritten sites */
};

#endif
