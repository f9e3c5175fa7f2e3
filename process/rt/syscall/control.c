/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program asks for through libswsgx.  The server does it, as it does an
 * injection.
 */
#include "process/control.h"
#include "cpu/mem.h"
#include "kernel/mm/remote.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/host/client.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/calls.h"

static long event(enum sgx_event what, const struct rt_control *c)
{
	struct msg msg = { .type = MSG_EVENT };

	msg.event.event = what;
	msg.event.origin = RT_BY_PROGRAM;
	msg.event.encl = RT_ALL;
	msg.event.has_cpusvn = c->has_cpusvn;
	memcpy(msg.event.cpusvn, c->cpusvn, sizeof(msg.event.cpusvn));
	return rt_client_once(&msg, NULL);
}

static long evict(const struct rt_control *c)
{
	uint64_t addr = c->addr & SGX_PAGE_MASK, end = c->addr + c->len;
	long r = -EFAULT;

	if (end < c->addr)
		return -EINVAL;
	while (rt_process.attached) {
		struct msg msg = { .type = MSG_EVENT };
		struct sgx_mapped mapped;

		if (!sgx_next_enclave(&rt_process.mm, addr, end, &mapped))
			break;
		addr = mapped.next;
		msg.event.event = SGX_EVENT_EVICT;
		msg.event.origin = RT_BY_PROGRAM;
		msg.event.encl = mapped.encl;
		msg.event.start = mapped.start;
		msg.event.end = mapped.end;
		r = rt_client_once(&msg, NULL);
		if (r)
			break;
	}
	return r;
}

static long counters(struct rt_control *c)
{
	struct msg msg = { .type = MSG_STAT };
	long r = rt_client_once(&msg, NULL);

	c->counters = msg.stat;
	return r;
}

static long next_fault(const struct rt_control *c)
{
	struct msg msg = { .type = MSG_INJECTION };

	memcpy(msg.spec, c->spec, sizeof(msg.spec));
	msg.spec[sizeof(msg.spec) - 1] = 0;
	return rt_client_once(&msg, NULL);
}

static long dispatch(struct rt_control *c)
{
	switch (c->call) {
	case RT_CONTROL_PRESENT:
		return 0;
	case RT_CONTROL_LOSE_EPC:
		return event(SGX_EVENT_EPC_LOSS, c);
	case RT_CONTROL_MIGRATE:
		return event(SGX_EVENT_MIGRATE, c);
	case RT_CONTROL_EVICT:
		return evict(c);
	case RT_CONTROL_COUNTERS:
		return counters(c);
	case RT_CONTROL_NEXT_FAULT:
		return next_fault(c);
	default:
		return -ENOTTY;
	}
}

long rt_control(uint64_t arg)
{
	struct rt_control c;
	long r;

	if (rt_get(&c, arg, sizeof(c)))
		return -EFAULT;
	r = dispatch(&c);
	if (!r && rt_put(arg, &c, sizeof(c)))
		return -EFAULT;
	return r;
}
