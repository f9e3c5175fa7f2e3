/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/platform/loss.h. */
#include "process/supervisor/platform/loss.h"

#include "kernel/machine/loss.h"
#include "process/ctl.h"
#include "process/supervisor/platform/platform.h"

void loss_make(struct platform *p, struct msg *msg)
{
	struct sgx_loss hit;

	tokens_reap(&p->tokens);
	sgx_loss_begin(&p->mm, &hit);
	if (msg->event.event == SGX_EVENT_MIGRATE)
		sgx_loss_migrate(&p->mm, msg->event.has_cpusvn ?
						 msg->event.cpusvn :
						 NULL);
	sgx_loss_end(&p->mm, &hit);
	msg->event.enclaves = hit.enclaves;
	msg->event.pages = hit.pages;
	msg->event.threads = hit.threads;
}
