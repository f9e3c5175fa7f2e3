/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls of the runtime itself.  They return the kernel's value, which is
 * -errno on failure.  The filters let them pass, because they are made in the
 * runtime's range of code.  Calls on the program's behalf: door.h.
 */
#ifndef SWSGX_PROCESS_RT_BASE_SYS_H
#define SWSGX_PROCESS_RT_BASE_SYS_H

#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <stdint.h>

#include "process/rt/base/syscall6.h"

#define __NR_fchmodat2_ 452 /* Linux 6.6 */

#define sys_call(nr, a, b, c, d, e, f) \
	sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
	     (long)(f))
#define sys0(nr)                sys_call(nr, 0, 0, 0, 0, 0, 0)
#define sys1(nr, a)             sys_call(nr, a, 0, 0, 0, 0, 0)
#define sys2(nr, a, b)          sys_call(nr, a, b, 0, 0, 0, 0)
#define sys3(nr, a, b, c)       sys_call(nr, a, b, c, 0, 0, 0)
#define sys4(nr, a, b, c, d)    sys_call(nr, a, b, c, d, 0, 0)
#define sys5(nr, a, b, c, d, e) sys_call(nr, a, b, c, d, e, 0)

static inline int sys_gettid(void)
{
	return (int)sys0(__NR_gettid);
}

static inline int sys_getpid(void)
{
	return (int)sys0(__NR_getpid);
}

#endif
