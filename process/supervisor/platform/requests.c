/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/platform/requests.h. */
#include "process/supervisor/platform/requests.h"

#include "kernel/sgx/encl.h"
#include "process/ctl.h"
#include "process/supervisor/platform/ipi.h"
#include "process/supervisor/platform/platform.h"

static void reap(struct platform *p, const struct msg *msg)
{
	lives_poll(&p->lives);
	tokens_reap(&p->tokens);
	if (msg->reap.reclaim && !sgx_epc_free(&p->mm))
		(void)sgx_make_room(&p->mm);
}

bool platform_request(struct platform *p, struct msg *msg)
{
	switch (msg->type) {
	case MSG_REAP:
		reap(p, msg);
		return true;
	case MSG_IPI:
		ipi_interrupt(&p->mm, msg->ipi.secs, msg->ipi.epoch);
		return true;
	case MSG_FENCE:
		msg->error = ipi_fence();
		return true;
	case MSG_PREEMPT:
		msg->error = ipi_preempt(&p->lives, msg->preempt.number,
					 msg->preempt.tid);
		return true;
	default:
		return false;
	}
}
