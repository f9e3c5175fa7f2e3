/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/known.h.  Left out is what differs among the
 * processors of one host: APIC ids, topology, and, where there are cores of
 * several kinds, caches.  SDM vol. 2, "CPUID".
 */
#include "process/supervisor/cpuid/known.h"

#include <cpuid.h>
#include <stdbool.h>

#include "process/ctl.h"

/* ECX does not matter to those that have no subleaves: 0 stands for any. */
static const struct {
	uint32_t leaf, subs;
} asked[] = {
	{ 0, 0 },          { 7, 2 },          { 0xd, 10 },
	{ 0x14, 1 },       { 0x19, 1 },       { 0x80000000, 0 },
	{ 0x80000001, 0 }, { 0x80000007, 0 }, { 0x80000008, 0 },
};

static void add(struct rt_params *params, uint32_t leaf, uint32_t sub, bool any)
{
	struct rt_cpuid_answer *a = &params->known[params->nr_known];

	if (params->nr_known == RT_CPUID_KNOWN)
		return;
	*a = (struct rt_cpuid_answer){ .leaf = leaf, .sub = sub, .any = any };
	__cpuid_count(leaf, sub, a->eax, a->ebx, a->ecx, a->edx);
	params->nr_known++;
}

void cpuid_learn(struct rt_params *params)
{
	for (unsigned int i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (!asked[i].subs)
			add(params, asked[i].leaf, 0, true);
		for (uint32_t sub = 0; sub < asked[i].subs; sub++)
			add(params, asked[i].leaf, sub, false);
	}
}
