/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/injection/events.h. */
#include "process/supervisor/injection/events.h"

#include "kernel/machine/smp.h"
#include "kernel/sgx/driver.h"
#include "process/ctl.h"
#include "process/supervisor/platform/loss.h"
#include "process/supervisor/platform/platform.h"

bool event_is_valid(const struct platform *p, const struct msg *msg)
{
	struct sgx_shared *shared = p->mm.shared;

	return msg->event.event < SGX_EVENTS &&
	       msg->event.origin >= RT_BY_PROGRAM &&
	       (msg->event.origin < 0 ||
		sgx_injection_at(shared, (uint32_t)msg->event.origin)) &&
	       (msg->event.encl == RT_ALL ||
		sgx_encl_at(shared, msg->event.encl));
}

static void evict_from(struct platform *p, struct msg *msg,
		       struct sgx_encl *encl)
{
	bool all = msg->event.encl == RT_ALL;
	uint64_t start = all ? 0 : msg->event.start;
	uint64_t end = all ? UINT64_MAX : msg->event.end;
	uint64_t n = sgx_evict(&p->mm, encl, start, end);

	msg->event.enclaves += n != 0;
	msg->event.pages += n;
}

static void evict(struct platform *p, struct msg *msg)
{
	struct sgx_shared *shared = p->mm.shared;
	struct sgx_encl *encl;

	if (msg->event.encl != RT_ALL) {
		evict_from(p, msg, sgx_encl_at(shared, msg->event.encl));
		return;
	}
	for_each_encl(encl, shared)
		evict_from(p, msg, encl);
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
			msg->event.threads = sgx_expel(&p->mm);
		break;
	case SGX_EVENT_EVICT:
		evict(p, msg);
		break;
	default: /* one of AESM's, whose answer is to come */
		p->aesm_fault = msg->event.event;
	}
}
