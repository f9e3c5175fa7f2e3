/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/platform/stat.h. */
#include "process/supervisor/platform/stat.h"

#include "kernel/machine/smp.h"
#include "process/control.h"
#include "process/supervisor/platform/platform.h"

static uint64_t get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static uint64_t enclaves(const struct sgx_shared *shared)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < shared->nr_encls; i++)
		n += shared->encls[i].kind == SGX_FILE_ENCLAVE;
	return n;
}

void stat_fill(struct platform *p, struct rt_counters *c)
{
	const struct sgx_shared *shared = p->mm.shared;

	lives_poll(&p->lives);
	tokens_reap(&p->tokens);
	*c = (struct rt_counters){
		.eenter = get(&shared->stat_when[SGX_WHEN_EENTER]),
		.eexit = get(&shared->stat_when[SGX_WHEN_EEXIT]),
		.eresume = get(&shared->stat_when[SGX_WHEN_ERESUME]),
		.aex = get(&shared->stat_aex),
		.fault = get(&shared->stat_when[SGX_WHEN_FAULT]),
		.ioctl = get(&shared->stat_when[SGX_WHEN_IOCTL]),
		.ewb = get(&shared->stat_ewb),
		.eldu = get(&shared->stat_eldu),
		.eaug = get(&shared->stat_eaug),
		.epc_losses = get(&shared->stat_event[SGX_EVENT_EPC_LOSS]),
		.migrations = get(&shared->stat_event[SGX_EVENT_MIGRATE]),
		.interrupts = get(&shared->stat_event[SGX_EVENT_AEX]),
		.evictions = get(&shared->stat_event[SGX_EVENT_EVICT]),
		.epc_pages = shared->epc_total_pages,
		.epc_free = get(&shared->epc_free_pages),
		.enclaves = enclaves(shared),
		.threads = sgx_processors_entered(&p->mm),
	};
}
