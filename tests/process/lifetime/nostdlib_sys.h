/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls of a program without a libc: SYSCALL in place, -errno back.
 */
#ifndef SWSGX_TESTS_PROCESS_LIFETIME_NOSTDLIB_SYS_H
#define SWSGX_TESTS_PROCESS_LIFETIME_NOSTDLIB_SYS_H

#include <asm/unistd.h>
#include <stdint.h>

static inline int64_t sys6(int64_t nr, uint64_t a, uint64_t b, uint64_t c,
			   uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return nr;
}

static inline int64_t sys3(int64_t nr, uint64_t a, uint64_t b, uint64_t c)
{
	return sys6(nr, a, b, c, 0, 0, 0);
}

#endif
