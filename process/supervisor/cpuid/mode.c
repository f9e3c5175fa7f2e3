/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/mode.h.  Where arch_prctl(2) ARCH_SET_CPUID is
 * accepted a child tries it, because a virtual machine may still answer CPUID.
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

/* Most hosts without it say so. */
static bool is_accepted(void)
{
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0))
		return false;
	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
	return true;
}

bool cpuid_can_fault(void)
{
	if (!is_accepted())
		return false;
	return can_in_child(try);
}
