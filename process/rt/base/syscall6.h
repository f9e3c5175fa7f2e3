/* SPDX-License-Identifier: BSD-3-Clause */
/* The SYSCALL instruction.  The simulator puts another file in its place. */
#ifndef SWSGX_PROCESS_RT_BASE_SYSCALL6_H
#define SWSGX_PROCESS_RT_BASE_SYSCALL6_H

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

#endif
