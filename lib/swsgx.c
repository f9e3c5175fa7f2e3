/* SPDX-License-Identifier: BSD-3-Clause */
/* See lib/swsgx.h.  Each call is one system call that only swsgx answers. */
#include "lib/swsgx.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "process/control.h"

_Static_assert(sizeof(struct swsgx_counters) ==
		       sizeof(uint64_t) + sizeof(struct rt_counters),
	       "the same fields in the same order");

static int call(struct rt_control *c)
{
	int saved = errno;
	int ret = ioctl(-1, RT_CONTROL, c);

	if (ret < 0)
		ret = errno == EBADF ? -ENODEV : -errno;
	errno = saved;
	return ret;
}

int swsgx_present(void)
{
	struct rt_control c = { .call = RT_CONTROL_PRESENT };

	return call(&c) == 0;
}

int swsgx_lose_epc(void)
{
	struct rt_control c = { .call = RT_CONTROL_LOSE_EPC };

	return call(&c);
}

int swsgx_migrate(const uint8_t *cpusvn)
{
	struct rt_control c = { .call = RT_CONTROL_MIGRATE };

	if (cpusvn) {
		c.has_cpusvn = 1;
		memcpy(c.cpusvn, cpusvn, sizeof(c.cpusvn));
	}
	return call(&c);
}

int swsgx_evict(const void *addr, size_t len)
{
	struct rt_control c = {
		.call = RT_CONTROL_EVICT,
		.addr = (uint64_t)(uintptr_t)addr,
		.len = len,
	};

	return call(&c);
}

int swsgx_next_fault(const char *event_at_when)
{
	struct rt_control c = { .call = RT_CONTROL_NEXT_FAULT };

	if (!event_at_when || strlen(event_at_when) >= sizeof(c.spec))
		return swsgx_present() ? -EINVAL : -ENODEV;
	strcpy(c.spec, event_at_when);
	return call(&c);
}

int swsgx_counters(struct swsgx_counters *counters)
{
	struct rt_control c = { .call = RT_CONTROL_COUNTERS };
	const size_t head = sizeof(counters->size);
	size_t room;
	int ret;

	if (!counters || counters->size < head)
		return swsgx_present() ? -EINVAL : -ENODEV;
	ret = call(&c);
	if (ret)
		return ret;
	room = counters->size - head;
	memset((uint8_t *)counters + head, 0, room);
	if (room > sizeof(c.counters))
		room = sizeof(c.counters);
	memcpy((uint8_t *)counters + head, &c.counters, room);
	return 0;
}
