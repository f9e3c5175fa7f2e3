/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/mode.h.  A child tries it, because a virtual
 * machine may accept arch_prctl(2) ARCH_SET_CPUID and still answer CPUID.
 */
#include "process/supervisor/cpuid/mode.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/supervisor/base/try.h"

static void faulted(int sig)
{
	(void)sig;
	_exit(0);
}

static void try(void)
{
	struct sigaction act = { .sa_handler = faulted };
	unsigned int a, b, c, d;
	sigset_t set;

	sigaction(SIGSEGV, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) == 0)
		__cpuid(0, a, b, c, d);
}

bool cpuid_can_fault(void)
{
	return can_in_child(try);
}
