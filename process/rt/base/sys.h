/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Raw system calls of the runtime.  They return the kernel's value, -errno on
 * failure.  Executed from the runtime's code range, which the filters let
 * pass.
 */
#ifndef SWSGX_PROCESS_RT_BASE_SYS_H
#define SWSGX_PROCESS_RT_BASE_SYS_H

#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <stdint.h>

#define __NR_fchmodat2_	452	/* Linux 6.6 */

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys_call(nr, a, b, c, d, e, f) \
	sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
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
