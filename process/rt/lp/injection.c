/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `swsgx run --inject` asks for, as this process meets it: count,
 * and have the server do what is due before the program goes on.
 */
#include "process/rt/lp/injection.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/log.h"
#include "process/rt/host/client.h"
#include "process/rt/lp/lp.h"
#include "process/rt/rt.h"

static uint32_t event_of(uint32_t index)
{
	return sgx_injection_at(rt_process.mm.shared, index)->event;
}

static void inject(uint32_t index, uint64_t n, bool done)
{
	struct msg msg = { .type = MSG_EVENT };
	int r;

	msg.event.event = event_of(index);
	msg.event.origin = (int32_t)index;
	msg.event.n = n;
	msg.event.done = done;
	msg.event.encl = RT_ALL;
	r = rt_client_once(&msg, NULL);
	if (r)
		rt_log("an injection could not be done: error %d", -r);
}

static bool enters(enum sgx_when when)
{
	return when == SGX_WHEN_EENTER || when == SGX_WHEN_ERESUME;
}

void rt_injection_count(struct thread *t, enum sgx_when when)
{
	uint64_t n, due;

	/* Nobody counts what nothing waits for, to spare others' caches. */
	if (when != SGX_WHEN_IOCTL && !sgx_injection_any(rt_process.mm.shared))
		return;
	due = sgx_injection_count(rt_process.mm.shared, when, &n);
	for (uint32_t i = 0; due; i++, due >>= 1) {
		if (!(due & 1))
			continue;
		/* an interrupt for this thread, once it is inside */
		if (enters(when) && event_of(i) == SGX_EVENT_AEX) {
			t->injection.aex_due |= 1ull << i;
			t->injection.aex_n = n;
		} else {
			inject(i, n, false);
		}
	}
}

void rt_injection_entered(struct thread *t, struct kucontext *uc)
{
	uint64_t due = t->injection.aex_due;

	if (!due || !t->lp.cr_enclave_mode)
		return;
	t->injection.aex_due = 0;
	t->injection.interrupts = true;
	rt_interrupt(t, uc);
	t->injection.interrupts = false;
	for (uint32_t i = 0; due; i++, due >>= 1) {
		if (due & 1)
			inject(i, t->injection.aex_n, true);
	}
}
