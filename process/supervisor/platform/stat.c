/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/platform/stat.h. */
#include "process/supervisor/platform/stat.h"

#include "kernel/machine/stat.h"
#include "process/control.h"
#include "process/supervisor/platform/platform.h"

void stat_fill(struct platform *p, struct rt_counters *c)
{
	struct sgx_stat s;

	lives_poll(&p->lives);
	tokens_reap(&p->tokens);
	sgx_stat(&p->mm, &s);
	*c = (struct rt_counters){
		.eenter = s.when[SGX_WHEN_EENTER],
		.eexit = s.when[SGX_WHEN_EEXIT],
		.eresume = s.when[SGX_WHEN_ERESUME],
		.aex = s.aex,
		.fault = s.when[SGX_WHEN_FAULT],
		.ioctl = s.when[SGX_WHEN_IOCTL],
		.ewb = s.ewb,
		.eldu = s.eldu,
		.eaug = s.eaug,
		.epc_losses = s.event[SGX_EVENT_EPC_LOSS],
		.migrations = s.event[SGX_EVENT_MIGRATE],
		.interrupts = s.event[SGX_EVENT_AEX],
		.evictions = s.event[SGX_EVENT_EVICT],
		.epc_pages = s.epc_pages,
		.epc_free = s.epc_free,
		.enclaves = s.enclaves,
		.threads = s.threads,
	};
}
