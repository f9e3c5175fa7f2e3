/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the CPUID instructions of an ELF file, for hosts that cannot make
 * CPUID fault.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_SCAN_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_SCAN_H

#include "process/supervisor/cpuid/code.h"

struct cpuid_scan {
	struct cpuid_candidate *candidate; /* by offset */
	size_t count;
};

/* All candidates in the executable segments of a file, judged. */
void cpuid_scan(int fd, struct cpuid_scan *scan);

#endif
