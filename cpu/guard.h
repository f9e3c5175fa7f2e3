/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scoped guards: a leaf releases what it has taken by returning.
 *
 * struct epcm *epcm GUARD(exclusive) = take_exclusive(lp->cpu, pa);
 *
 * if (!epcm) return gp0(lp, EPC_PAGE_CONFLICT, pa);
 *
 * take_*() returns NULL where another leaf has the lock.  There is nothing to
 * release then.  A guard may start as NULL and be taken later.
 *
 * A leaf that is abandoned releases nothing: its thread was killed, or jumped
 * out of it (kernel/platform/section.h).  The thread that takes over the
 * enclave's lock releases all EPCM locks and the measurement of the page that
 * the leaf was at (kernel/sgx/recover.c).  So a guard must not be the only
 * record of anything else.
 */
#ifndef SWSGX_CPU_GUARD_H
#define SWSGX_CPU_GUARD_H

#include "cpu/epcm.h"
#include "cpu/secs.h"

#define GUARD(what) __attribute__((cleanup(release_##what)))

/* The EPCM entry of the page at pa, exclusively. */
static inline struct epcm *take_exclusive(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	return epcm_trylock_exclusive(epcm) ? epcm : NULL;
}

static inline void release_exclusive(struct epcm **epcm)
{
	if (*epcm)
		epcm_unlock_exclusive(*epcm);
}

/* The same, shared with other leaves that share it. */
static inline struct epcm *take_shared(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	return epcm_trylock_shared(epcm) ? epcm : NULL;
}

static inline void release_shared(struct epcm **epcm)
{
	if (*epcm)
		epcm_unlock_shared(*epcm);
}

/* The second lock of an entry, that of SGX2's leaves. */
static inline struct epcm *take_sgx2(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	return epcm_trylock_sgx2(epcm) ? epcm : NULL;
}

static inline void release_sgx2(struct epcm **epcm)
{
	if (*epcm)
		epcm_unlock_sgx2(*epcm);
}

/* The measurement, and the right to initialise the enclave, of a SECS. */
static inline struct secs_hidden *take_measurement(const struct cpu *cpu,
						   uint64_t secs_pa)
{
	struct secs_hidden *hidden = secs_hidden_at(cpu, secs_pa);

	return secs_trylock_measurement(hidden) ? hidden : NULL;
}

static inline void release_measurement(struct secs_hidden **hidden)
{
	if (*hidden)
		secs_unlock_measurement(*hidden);
}

#endif
