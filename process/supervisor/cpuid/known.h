/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_KNOWN_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_KNOWN_H

struct rt_params;

/*
 * Fills params->known: answers of the host's CPUID that programs ask for when
 * they start.  It takes as long as they all take; so it is done once, when
 * there is time.
 */
void cpuid_learn(struct rt_params *params);

#endif
