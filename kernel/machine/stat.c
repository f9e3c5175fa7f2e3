/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernel/machine/stat.h. */
#include "kernel/machine/stat.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "kernel/machine/smp.h"

static uint64_t get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void get_all(uint64_t *to, const uint64_t *counter, unsigned int n)
{
	while (n--)
		to[n] = get(&counter[n]);
}

static uint64_t enclaves(const struct sgx_shared *shared)
{
	const struct sgx_encl *encl;
	uint64_t n = 0;

	for_each_encl(encl, shared)
		n += sgx_encl_kind(encl) == SGX_FILE_ENCLAVE;
	return n;
}

void sgx_stat(const struct sgx_mm *mm, struct sgx_stat *stat)
{
	const struct sgx_shared *shared = mm->shared;

	get_all(stat->when, shared->stat_when, SGX_COUNTED);
	get_all(stat->event, shared->stat_event, SGX_EVENTS);
	stat->aex = get(&shared->stat_aex);
	stat->ewb = get(&shared->stat_ewb);
	stat->eldu = get(&shared->stat_eldu);
	stat->eaug = get(&shared->stat_eaug);
	stat->epc_pages = shared->epc_total_pages;
	stat->epc_free = get(&shared->epc_free_pages);
	stat->enclaves = enclaves(shared);
	stat->threads = sgx_processors_entered(mm);
}

void sgx_stat_aex(struct sgx_mm *mm)
{
	__atomic_add_fetch(&mm->shared->stat_aex, 1, __ATOMIC_RELAXED);
}

void sgx_encl_facts(const struct sgx_shared *shared,
		    const struct sgx_encl *encl, struct sgx_encl_facts *facts)
{
	*facts = (struct sgx_encl_facts){
		.index = encl->index,
		.base = encl->base,
		.size = encl->size,
		.epc_free = shared->epc_free_pages,
		.epc_total = shared->epc_total_pages,
	};
}

void sgx_encl_mrenclave(const struct sgx_mm *mm, const struct sgx_encl *encl,
			uint8_t mrenclave[32])
{
	const struct sgx_secs *secs;

	if (encl->secs_pa == EPC_NONE ||
	    !epcm_valid(epcm_of(&mm->cpu, encl->secs_pa)))
		return;
	secs = epc_ptr(&mm->cpu, encl->secs_pa);
	memcpy(mrenclave, secs->mrenclave, sizeof(secs->mrenclave));
}
