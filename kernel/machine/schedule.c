/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/machine/schedule.h. */
#include "kernel/machine/schedule.h"

#include <asm/errno.h>

#include "kernel/sgx.h"

/*
 * The nth number of a sequence that is the same for the same seed, whoever
 * draws: SplitMix64 (Steele, Lea, Flood 2014).
 */
static uint64_t number(uint64_t seed, uint64_t n)
{
	uint64_t x = seed + n * 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static bool drawn(struct sgx_rule *rule)
{
	uint64_t n = __atomic_add_fetch(&rule->drawn, 1, __ATOMIC_RELAXED);

	return number(rule->seed, n) >> 11 < rule->n;
}

static bool is_due(struct sgx_rule *rule, enum sgx_when when, uint64_t n)
{
	if (!__atomic_load_n(&rule->active, __ATOMIC_ACQUIRE))
		return false;
	if (rule->when == SGX_WHEN_RANDOM)
		return drawn(rule);
	return rule->when == when && rule->n == n;
}

uint64_t sgx_schedule_count(struct sgx_shared *shared, enum sgx_when when,
			    uint64_t *n)
{
	uint32_t rules = __atomic_load_n(&shared->nr_rules, __ATOMIC_ACQUIRE);
	uint64_t due = 0;

	*n = __atomic_add_fetch(&shared->stat_when[when], 1, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < rules; i++) {
		if (is_due(&shared->rules[i], when, *n))
			due |= 1ull << i;
	}
	return due;
}

int sgx_schedule_add(struct sgx_shared *shared, const struct sgx_rule *rule)
{
	uint32_t i = 0;

	while (i < shared->nr_rules && shared->rules[i].active)
		i++;
	if (i == SGX_MAX_RULES)
		return -ENOSPC;
	shared->rules[i] = *rule;
	__atomic_store_n(&shared->rules[i].active, 1, __ATOMIC_RELEASE);
	if (i == shared->nr_rules)
		__atomic_store_n(&shared->nr_rules, i + 1, __ATOMIC_RELEASE);
	return (int)i;
}
