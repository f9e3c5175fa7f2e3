/* SPDX-License-Identifier: BSD-3-Clause */
/* See host_traps.h. */
#define _GNU_SOURCE
#include "tests/process/host_traps.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

static sigjmp_buf way_out;

/* AC, and MXCSR, are still as the instruction had them. */
static void on_trap(int sig)
{
	__asm__ volatile("pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq" ::: "cc", "memory");
	(void)sig;
	siglongjmp(way_out, 1);
}

static void read_misaligned(void)
{
	static const uint64_t words[2];
	const char *odd = (const char *)words + 1;
	uint32_t value;

	__asm__ volatile("pushfq\n"
			 "orl $0x40000, (%%rsp)\n"
			 "popfq\n"
			 "movl (%1), %0\n"
			 "pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq" : "=r"(value) : "r"(odd) : "cc", "memory");
}

static void divide_unmasked(void)
{
	const uint32_t unmasked = 0x1d80, initial = 0x1f80;
	const float one = 1, zero = 0;

	__asm__ volatile("ldmxcsr %0\n"
			 "movss %1, %%xmm0\n"
			 "divss %2, %%xmm0\n"
			 "ldmxcsr %3"
			 : : "m"(unmasked), "m"(one), "m"(zero), "m"(initial)
			 : "xmm0");
}

static bool traps(int sig, void (*instruction)(void))
{
	const uint32_t initial = 0x1f80;
	struct sigaction sa = { .sa_handler = on_trap }, old;
	volatile bool trapped = true;

	sigaction(sig, &sa, &old);
	if (!sigsetjmp(way_out, 1)) {
		instruction();
		trapped = false;
	}
	__asm__ volatile("ldmxcsr %0" : : "m"(initial));
	sigaction(sig, &old, NULL);
	return trapped;
}

bool host_traps(int vector)
{
	if (vector == 17)
		return traps(SIGBUS, read_misaligned);
	if (vector == 19)
		return traps(SIGFPE, divide_unmasked);
	return true;
}
