/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Enclave Page Cache Map: the processor's own record of each EPC page.
 * SDM "Enclave Page Cache Map (EPCM)".
 */
#include "cpu/epcm.h"

#include "cpu/patch.h"

bool epcm_trylock_exclusive(struct epcm *epcm)
{
	uint8_t free = 0;

	return __atomic_compare_exchange_n(&epcm->lock, &free,
					   EPCM_LOCK_EXCLUSIVE, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void epcm_unlock_exclusive(struct epcm *epcm)
{
	__atomic_store_n(&epcm->lock, 0, __ATOMIC_RELEASE);
}

bool epcm_trylock_sgx2(struct epcm *epcm)
{
	return !__atomic_exchange_n(&epcm->sgx2_lock, 1, __ATOMIC_ACQUIRE);
}

void epcm_unlock_sgx2(struct epcm *epcm)
{
	__atomic_store_n(&epcm->sgx2_lock, 0, __ATOMIC_RELEASE);
}

void epcm_change(struct epcm *epcm, unsigned clear, unsigned set)
{
	uint8_t was = __atomic_load_n(&epcm->flags, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&epcm->flags, &was,
					    (was & ~clear) | set, true,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

void epcm_set(struct epcm *epcm, unsigned pt, unsigned flags, uint64_t secs,
	      uint64_t linaddr)
{
	epcm->pt = (uint8_t)pt;
	epcm->flags = (uint8_t)flags;
	epcm->epoch = 0;
	epcm->patch = PATCH_UNSEEN;
	epcm->enclavesecs = secs;
	epcm->enclaveaddress = linaddr;
	__atomic_store_n(&epcm->valid, 1, __ATOMIC_RELEASE);
}

void epcm_invalidate(struct epcm *epcm)
{
	__atomic_store_n(&epcm->valid, 0, __ATOMIC_RELEASE);
}

bool epcm_is_secs(const struct epcm *epcm)
{
	return epcm_valid(epcm) && epcm->pt == PT_SECS;
}

unsigned epcm_allows(const struct cpu *cpu, uint64_t pa, uint64_t la)
{
	const struct epcm *epcm = epcm_of(cpu, pa);

	if (!epcm_valid(epcm) || epcm->pt != PT_REG)
		return 0;
	if (epcm->blocked || epcm->pending || epcm->modified)
		return 0;
	if (epcm->enclaveaddress != (la & SGX_PAGE_MASK))
		return 0;
	return epcm->r * 1u | epcm->w * 2u | epcm->x * 4u;
}
