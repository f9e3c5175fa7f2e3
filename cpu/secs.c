/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SECS as the leaves share it: its lock, its state, its tracking.
 * SDM "SGX Enclave Control Structure (SECS)", "ETRACK".
 */
#include "cpu/secs.h"

#define TRACKING_CURRENT	0x000000000000ffffull
#define TRACKING_PREVIOUS	0x00000000ffff0000ull
#define TRACKING_ONE_CURRENT	0x0000000000000001ull
#define TRACKING_ONE_PREVIOUS	0x0000000000010000ull
#define TRACKING_EPOCH_SHIFT	32

bool secs_holds(const struct sgx_secs *secs, uint64_t la)
{
	return la - secs->baseaddr < secs->size;
}

uint32_t secs_join(struct secs_hidden *hidden)
{
	uint64_t was = __atomic_fetch_add(&hidden->tracking,
					  TRACKING_ONE_CURRENT,
					  __ATOMIC_SEQ_CST);

	return was >> TRACKING_EPOCH_SHIFT;
}

void secs_leave(struct secs_hidden *hidden, uint32_t epoch)
{
	uint64_t was = __atomic_load_n(&hidden->tracking, __ATOMIC_RELAXED);
	uint64_t one;

	do {
		one = was >> TRACKING_EPOCH_SHIFT == epoch ?
		      TRACKING_ONE_CURRENT : TRACKING_ONE_PREVIOUS;
	} while (!__atomic_compare_exchange_n(&hidden->tracking, &was,
					      was - one, true,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
}

/* DEVIATION DC20: one atomic step, so nobody ever finds it under way. */
bool secs_track(struct secs_hidden *hidden)
{
	uint64_t was = __atomic_load_n(&hidden->tracking, __ATOMIC_RELAXED);
	uint64_t next;

	do {
		if (was & TRACKING_PREVIOUS)
			return false;
		next = ((was >> TRACKING_EPOCH_SHIFT) + 1)
		       << TRACKING_EPOCH_SHIFT;
		next |= (was & TRACKING_CURRENT) * TRACKING_ONE_PREVIOUS;
	} while (!__atomic_compare_exchange_n(&hidden->tracking, &was, next,
					      true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return true;
}

/* Two leaves may stamp a page at a time: the later epoch counts. */
void secs_stamp(const struct secs_hidden *hidden, struct epcm *epcm)
{
	uint32_t epoch = __atomic_load_n(&hidden->tracking, __ATOMIC_SEQ_CST) >>
			 TRACKING_EPOCH_SHIFT;
	uint32_t was = __atomic_load_n(&epcm->epoch, __ATOMIC_RELAXED);

	while (was < epoch &&
	       !__atomic_compare_exchange_n(&epcm->epoch, &was, epoch, true,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

bool secs_tracked(const struct secs_hidden *hidden, const struct epcm *epcm)
{
	uint64_t now = __atomic_load_n(&hidden->tracking, __ATOMIC_SEQ_CST);
	uint32_t epoch = now >> TRACKING_EPOCH_SHIFT;
	uint32_t stamp = __atomic_load_n(&epcm->epoch, __ATOMIC_SEQ_CST);

	if (stamp == epoch)
		return false;
	return stamp + 1 < epoch || !(now & TRACKING_PREVIOUS);
}

bool secs_active(const struct secs_hidden *hidden)
{
	return __atomic_load_n(&hidden->tracking, __ATOMIC_SEQ_CST) &
	       (TRACKING_CURRENT | TRACKING_PREVIOUS);
}

void secs_forget_entered(const struct cpu *cpu, uint64_t pa)
{
	__atomic_fetch_and(&secs_hidden_at(cpu, pa)->tracking,
			   ~(TRACKING_CURRENT | TRACKING_PREVIOUS),
			   __ATOMIC_SEQ_CST);
}
