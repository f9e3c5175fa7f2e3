/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A way to the server that needs no name in a network namespace or file system,
 * no descriptor that the program could close, and no system call that a filter
 * of the program is likely to forbid: a filter hands one system call of ours
 * over to the server, which answers with a connected descriptor.
 * seccomp_unotify(2).
 */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/client.h"
#include "process/rt/rt.h"

static long install(struct sock_filter *insn, unsigned short len)
{
	struct {
		unsigned short len;
		struct sock_filter *filter;
	} prog = { len, insn };

	return sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/*
 * A chain of filters can have one listener.  The first image installs ours, and
 * all others inherit it.  DEVIATION DP29.  If the filters of this process had a
 * listener before, there is only the socket.
 */
void rt_knock_init(struct sock_filter *insn, unsigned short len)
{
	long fd;

	if (rt_process.filter.installed & RT_FILTER_KNOCK)
		return;
	fd = install(insn, len);
	if (fd < 0)
		return;
	rt_process.filter.installed |= RT_FILTER_KNOCK;
	rt_params.knock_fd = (uint32_t)fd + 1;
	__asm__ volatile("int3" : : : "memory");
	rt_params.knock_fd = 0;
	sys1(__NR_close, fd);
}

int rt_knock(void)
{
	return (int)sys3(__NR_ioctl, -1, RT_KNOCK, 0);
}
