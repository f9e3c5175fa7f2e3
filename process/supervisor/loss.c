/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC, as over S3, hibernation or a live migration.  All losses
 * of a run are made here, whoever asks for one, so they are one after the
 * other.  Threads that are inside are given a while to leave; the server
 * serves on meanwhile, because they may need it for that.
 */
#include <errno.h>
#include <string.h>

#include "process/supervisor/server.h"

#define AT_ONCE_MS	2	/* mostly it takes far less than that */
#define PATIENCE_MS	1000	/* then it comes to pass all the same */

static void finish(struct server *s, unsigned int deaf)
{
	struct loss *loss = &s->loss;
	struct msg *msg = &loss->msg;

	if (msg->event.event == SGX_EVENT_MIGRATE)
		package_replace(&s->mm.shared->package,
				msg->event.has_cpusvn ? msg->event.cpusvn :
							NULL,
				s->options->entropy);
	sgx_loss_end(&s->mm, &loss->hit);
	loss->active = false;
	msg->event.enclaves = loss->hit.enclaves;
	msg->event.pages = loss->hit.pages;
	msg->event.threads = loss->hit.threads;
	msg->event.deaf = deaf;
	event_done(s, loss->client, msg);
}

void loss_poll(struct server *s)
{
	unsigned int left;

	if (!s->loss.active)
		return;
	left = sgx_ipi_pending(&s->mm, &s->loss.ipi, true);
	if (!left || server_now() >= s->loss.deadline)
		finish(s, left);
}

int loss_start(struct server *s, int client, const struct msg *msg)
{
	struct loss *loss = &s->loss;

	if (loss->active)
		return -EBUSY;
	tokens_reap(s);
	loss->active = true;
	loss->client = client;
	loss->msg = *msg;
	loss->deadline = server_now() + PATIENCE_MS * 1000000ull;
	platform_ipi(&loss->ipi);
	sgx_loss_begin(&s->mm, &loss->ipi, &loss->hit);
	if (!platform_ipi_wait(s, &loss->ipi, AT_ONCE_MS))
		finish(s, 0);
	return 0;
}

void loss_forget_client(struct server *s, int client)
{
	if (s->loss.client == client)
		s->loss.client = -1;
}
