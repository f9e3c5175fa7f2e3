/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPUID as the platform defines it: where the processor faults the instruction
 * (cpuid.c), and where each was made a CLTS (cpuid_sites.c).  What concerns the
 * other way does nothing.
 */
#ifndef SWSGX_PROCESS_RT_CPUID_CPUID_H
#define SWSGX_PROCESS_RT_CPUID_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

/* At exec. */
void rt_cpuid_init(void);
/* At exec: the sites of the new image, which the injector lists. */
int rt_cpuid_init_sites(void);

/* A #GP at RIP that a CPUID raised: executes it.  False: it is none. */
bool rt_cpuid_fault(struct kucontext *uc);
/* A CLTS at RIP that stands for a CPUID: executes it.  False: it is none. */
bool rt_cpuid_site(struct kucontext *uc);
/* What CPUID does to the registers, but for RIP. */
void rt_cpuid_execute(struct machine_context *mc);

/* mmap() has put what `fd` has from `off` on at [start, start + len). */
void rt_cpuid_mapped(uint64_t start, uint64_t len, int prot, int flags, int fd,
		     uint64_t off);
/* Is RIP such a site in another process of the run? */
bool rt_cpuid_is_site_of(uint32_t pid, uint64_t rip);
/* `copy` was read from [from, from + n): undoes the rewriting in it. */
void rt_cpuid_original(void *copy, uint64_t from, uint64_t n);

#endif
