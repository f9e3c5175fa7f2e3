/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/mode.h.  A child tries it, because a virtual
 * machine may accept arch_prctl(2) ARCH_SET_CPUID and still answer CPUID.
 */
#include "process/supervisor/cpuid/mode.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void faulted(int sig)
{
	(void)sig;
	_exit(0);
}

_Noreturn static void try(void)
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
	_exit(1);
}

bool cpuid_can_fault(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		try();
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
