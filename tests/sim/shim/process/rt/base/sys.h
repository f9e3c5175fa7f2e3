/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of process/rt/base/sys.h: the simulator is the host (linux.c). */
#ifndef SWSGX_TESTS_SIM_SHIM_PROCESS_RT_BASE_SYS_H
#define SWSGX_TESTS_SIM_SHIM_PROCESS_RT_BASE_SYS_H

#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <stdint.h>

long sim_syscall(long nr, long a, long b, long c, long d, long e, long f);

#define sys_call(nr, a, b, c, d, e, f) \
	sim_syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
		    (long)(f))
#define sys0(nr)		sys_call(nr, 0, 0, 0, 0, 0, 0)
#define sys1(nr, a)		sys_call(nr, a, 0, 0, 0, 0, 0)
#define sys2(nr, a, b)		sys_call(nr, a, b, 0, 0, 0, 0)
#define sys3(nr, a, b, c)	sys_call(nr, a, b, c, 0, 0, 0)
#define sys4(nr, a, b, c, d)	sys_call(nr, a, b, c, d, 0, 0)
#define sys5(nr, a, b, c, d, e)	sys_call(nr, a, b, c, d, e, 0)

static inline int sys_gettid(void)
{
	return (int)sys0(__NR_gettid);
}

static inline int sys_getpid(void)
{
	return (int)sys0(__NR_getpid);
}

#endif
