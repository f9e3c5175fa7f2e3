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

static uint64_t sum(const struct sgx_shared *shared,
		    enum sgx_stats_counter first, enum sgx_stats_counter last)
{
	return sgx_stats_sum(&shared->stats, first, last);
}

/* Of leaves and faults, threads keep count themselves. */
static void get_when(uint64_t *to, const struct sgx_shared *shared)
{
	to[SGX_WHEN_EENTER] = sum(shared, SGX_STAT_EENTER, SGX_STAT_EENTER);
	to[SGX_WHEN_EEXIT] = sum(shared, SGX_STAT_EEXIT, SGX_STAT_EEXIT);
	to[SGX_WHEN_ERESUME] = sum(shared, SGX_STAT_ERESUME, SGX_STAT_ERESUME);
	to[SGX_WHEN_FAULT] = sum(shared, SGX_STAT_FAULT_EPCM,
				 SGX_STAT_FAULT_OTHER);
	to[SGX_WHEN_IOCTL] = get(&shared->stat_when[SGX_WHEN_IOCTL]);
}

void sgx_stat(const struct sgx_mm *mm, struct sgx_stat *stat)
{
	const struct sgx_shared *shared = mm->shared;

	get_when(stat->when, shared);
	get_all(stat->event, shared->stat_event, SGX_EVENTS);
	stat->aex = sum(shared, SGX_STAT_AEX_INTERRUPT, SGX_STAT_AEX_OTHER);
	stat->ewb = get(&shared->stat_ewb);
	stat->eldu = get(&shared->stat_eldu);
	stat->eaug = get(&shared->stat_eaug);
	stat->epc_pages = shared->epc_total_pages;
	stat->epc_free = get(&shared->epc_free_pages);
	stat->epc_peak = get(&shared->stats.epc_peak);
	stat->enclaves = enclaves(shared);
	stat->threads = sgx_processors_entered(mm);
}

static struct sgx_stat_enclave enclave_of(const struct sgx_encl *encl)
{
	return (struct sgx_stat_enclave){
		.pages = { .eid = get(&encl->eid),
			   .base = encl->base,
			   .size = encl->size,
			   .ewb = get(&encl->stat_ewb),
			   .eldu = get(&encl->stat_eldu),
			   .eaug = get(&encl->stat_eaug),
			   .peak = get(&encl->epc_peak) },
		.epc_pages = get(&encl->epc_pages),
		.pages_added = get(&encl->page_cnt),
		.open = true,
	};
}

unsigned int sgx_stat_enclaves(const struct sgx_mm *mm,
			       struct sgx_stat_enclave *to, unsigned int max,
			       uint64_t *forgotten)
{
	const struct sgx_shared *shared = mm->shared;
	uint64_t ended = get(&shared->stats.nr_ended), i = 0;
	const struct sgx_encl *encl;
	unsigned int n = 0;

	if (ended > SGX_STATS_ENDED)
		i = ended - SGX_STATS_ENDED;
	*forgotten = i;
	for (; i < ended && n < max; i++)
		to[n++] = (struct sgx_stat_enclave){
			.pages = shared->stats.ended[i % SGX_STATS_ENDED]
		};
	for_each_encl(encl, shared) {
		if (n < max && sgx_encl_kind(encl) == SGX_FILE_ENCLAVE &&
		    get(&encl->eid))
			to[n++] = enclave_of(encl);
	}
	return n;
}

unsigned int sgx_stat_enclaves_max(const struct sgx_mm *mm)
{
	return sgx_nr_encls(mm->shared) + SGX_STATS_ENDED;
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
