/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SECS as the leaves share it: its lock, its state, its tracking.
 * SDM "SGX Enclave Control Structure (SECS)", "ETRACK".
 */
#include "cpu/secs.h"

#include "cpu/processors.h"

bool secs_holds(const struct sgx_secs *secs, uint64_t la)
{
	return la - secs->baseaddr < secs->size;
}

/* DEVIATION DC20: one atomic step, so no leaf finds an ETRACK under way. */
bool secs_track(const struct cpu *cpu, uint64_t pa)
{
	struct secs_hidden *hidden = secs_hidden_at(cpu, pa);
	uint32_t epoch = secs_epoch(hidden);

	do {
		if (processors_inside(cpu, pa, epoch - 1))
			return false;
	} while (!__atomic_compare_exchange_n(&hidden->epoch, &epoch, epoch + 1,
					      false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	processors_look_again(cpu, pa);
	return true;
}

/* Two leaves may stamp a page at the same time: the later epoch counts. */
void secs_stamp(const struct secs_hidden *hidden, struct epcm *epcm)
{
	uint32_t epoch = secs_epoch(hidden);
	uint32_t was = __atomic_load_n(&epcm->epoch, __ATOMIC_RELAXED);

	while (was < epoch &&
	       !__atomic_compare_exchange_n(&epcm->epoch, &was, epoch, true,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

/* The stamp is read first: who joins later sees the page as it is now. */
bool secs_tracked(const struct cpu *cpu, const struct epcm *epcm)
{
	uint32_t stamp = __atomic_load_n(&epcm->epoch, __ATOMIC_SEQ_CST);
	uint64_t pa = epcm->enclavesecs;

	if (!stamp)
		return true; /* never restricted */
	if (stamp == secs_epoch(secs_hidden_at(cpu, pa)))
		return false;
	return !processors_inside(cpu, pa, stamp);
}

bool secs_active(const struct cpu *cpu, uint64_t pa)
{
	return processors_inside(cpu, pa, UINT32_MAX);
}
