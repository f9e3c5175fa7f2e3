/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/injection/events.h. */
#include "process/supervisor/injection/events.h"

#include "kernel/machine/smp.h"
#include "kernel/sgx/driver.h"
#include "process/ctl.h"
#include "process/supervisor/platform/ipi.h"
#include "process/supervisor/platform/loss.h"
#include "process/supervisor/platform/platform.h"

bool event_is_valid(const struct platform *p, const struct msg *msg)
{
	return msg->event.event < SGX_EVENTS &&
	       msg->event.origin >= RT_BY_PROGRAM &&
	       msg->event.origin < (int32_t)p->mm.shared->nr_injections &&
	       (msg->event.encl == RT_ALL ||
		msg->event.encl < p->mm.shared->nr_encls);
}

/* Everybody who is inside leaves, and may come back at once. */
static void expel(struct platform *p, struct msg *msg)
{
	msg->event.threads = sgx_processors_entered(&p->mm);
	__atomic_add_fetch(&p->mm.shared->leave_seq, 1, __ATOMIC_SEQ_CST);
	ipi_interrupt(&p->mm, EPC_NONE, UINT32_MAX);
}

static void evict_from(struct platform *p, struct msg *msg, uint32_t index)
{
	struct sgx_encl *encl = &p->mm.shared->encls[index];
	bool all = msg->event.encl == RT_ALL;
	uint64_t start = all ? encl->base : msg->event.start;
	uint64_t end = all ? encl->base + encl->size : msg->event.end;
	uint64_t n = sgx_evict(&p->mm, encl, start, end);

	msg->event.enclaves += n != 0;
	msg->event.pages += n;
}

static void evict(struct platform *p, struct msg *msg)
{
	if (msg->event.encl != RT_ALL) {
		evict_from(p, msg, msg->event.encl);
		return;
	}
	for (uint32_t i = 0; i < p->mm.shared->nr_encls; i++)
		evict_from(p, msg, i);
}

void event_make(struct platform *p, struct msg *msg)
{
	msg->event.enclaves = 0;
	msg->event.pages = 0;
	msg->event.threads = 0;
	switch (msg->event.event) {
	case SGX_EVENT_EPC_LOSS:
	case SGX_EVENT_MIGRATE:
		loss_make(p, msg);
		break;
	case SGX_EVENT_AEX:
		if (msg->event.done)
			msg->event.threads = 1;
		else
			expel(p, msg);
		break;
	default:
		evict(p, msg);
	}
}
