/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/platform/injection.h. */
#include "kernel/platform/injection.h"

#include <asm/errno.h>

#include "kernel/platform/layout.h"

/*
 * The nth number of a sequence.  It depends only on the seed, not on which
 * process draws: SplitMix64 (Steele, Lea, Flood 2014).
 */
static uint64_t number(uint64_t seed, uint64_t n)
{
	uint64_t x = seed + n * 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static uint32_t used(const struct sgx_shared *shared)
{
	return __atomic_load_n(&shared->nr_injections, __ATOMIC_ACQUIRE);
}

static bool drawn(struct sgx_injection *in)
{
	uint64_t n = __atomic_add_fetch(&in->drawn, 1, __ATOMIC_RELAXED);

	return number(in->seed, n) >> 11 < in->n;
}

static bool is_due(struct sgx_injection *in, enum sgx_when when, uint64_t n)
{
	if (!__atomic_load_n(&in->active, __ATOMIC_ACQUIRE))
		return false;
	if (in->when == SGX_WHEN_RANDOM)
		return drawn(in);
	return in->when == when && in->n == n;
}

uint64_t sgx_injection_count(struct sgx_shared *shared, enum sgx_when when,
			     uint64_t *n)
{
	uint32_t nr = used(shared);
	uint64_t due = 0;

	*n = __atomic_add_fetch(&shared->stat_when[when], 1, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < nr; i++) {
		if (is_due(&shared->injections[i], when, *n))
			due |= 1ull << i;
	}
	return due;
}

int sgx_injection_add(struct sgx_shared *shared, const struct sgx_injection *in)
{
	uint32_t i = 0;

	while (i < shared->nr_injections && shared->injections[i].active)
		i++;
	if (i == SGX_MAX_INJECTIONS)
		return -ENOSPC;
	shared->injections[i] = *in;
	__atomic_store_n(&shared->injections[i].active, 1, __ATOMIC_RELEASE);
	if (i == shared->nr_injections)
		__atomic_store_n(&shared->nr_injections, i + 1,
				 __ATOMIC_RELEASE);
	return (int)i;
}

struct sgx_injection *sgx_injection_at(struct sgx_shared *shared,
				       uint32_t index)
{
	return index < used(shared) ? &shared->injections[index] : NULL;
}

bool sgx_injection_any(const struct sgx_shared *shared)
{
	return used(shared) != 0;
}

void sgx_injection_retire(struct sgx_injection *in)
{
	__atomic_store_n(&in->active, 0, __ATOMIC_RELEASE);
}

uint64_t sgx_when_count(const struct sgx_shared *shared, enum sgx_when when)
{
	return __atomic_load_n(&shared->stat_when[when], __ATOMIC_SEQ_CST);
}

void sgx_event_count(struct sgx_shared *shared, enum sgx_event event)
{
	__atomic_add_fetch(&shared->stat_event[event], 1, __ATOMIC_RELAXED);
}
