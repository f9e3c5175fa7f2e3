/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC, as over S3, hibernation or a live migration.  All losses
 * of a run are made here, whoever asks for one, so they are one after the
 * other.
 */
#include "process/supervisor/server.h"

void loss_make(struct server *s, struct msg *msg)
{
	struct sgx_loss hit;

	tokens_reap(s);
	sgx_loss_begin(&s->mm, &hit);
	if (msg->event.event == SGX_EVENT_MIGRATE)
		package_replace(&s->mm.shared->package,
				msg->event.has_cpusvn ? msg->event.cpusvn :
							NULL,
				s->options->entropy);
	sgx_loss_end(&s->mm, &hit);
	msg->event.enclaves = hit.enclaves;
	msg->event.pages = hit.pages;
	msg->event.threads = hit.threads;
}
