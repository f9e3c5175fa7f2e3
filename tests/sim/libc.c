/* SPDX-License-Identifier: BSD-3-Clause */
/* The same for the supervisor's files, which call a libc. */
#include "tests/sim/hooks_server.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "tests/sim/sim.h"

static long do_pidfd_open(long pid)
{
	for (unsigned int i = 0; i < SIM_PROCS; i++)
		if (world.proc[i].pid == pid && !world.proc[i].dead)
			return SIM_PIDFD + (int)i;
	return -ESRCH;
}

long sim_libc_syscall(long nr, ...)
{
	long a, b, c = 0, d = 0, r;
	va_list ap;

	va_start(ap, nr);
	a = va_arg(ap, long);
	b = nr == __NR_pidfd_open ? 0 : va_arg(ap, long);
	if (nr == __NR_rt_tgsigqueueinfo) {
		c = va_arg(ap, long);
		d = va_arg(ap, long);
	}
	va_end(ap);
	SIM_POINT();
	/* the arguments are ints where they are given */
	r = nr == __NR_pidfd_open ? do_pidfd_open((int)a) :
				    sim_common(nr, (int)a, (int)b, (int)c, d);
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

int sim_poll(struct pollfd *p, nfds_t n, int ms)
{
	(void)n;
	(void)ms;
	SIM_POINT();
	return world.proc[p->fd - SIM_PIDFD].dead;
}

int sim_nanosleep(const struct timespec *ts, struct timespec *left)
{
	(void)left;
	sched_sleep((uint64_t)ts->tv_sec * 1000000000 + (uint64_t)ts->tv_nsec);
	return 0;
}

int sim_close(int fd)
{
	(void)fd;
	return 0;
}

void *sim_calloc(size_t n, size_t size)
{
	return memory_alloc(n * size);
}

void sim_free(void *p)
{
	(void)p;
}
