/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/program/program.h.  The front passes on the signals
 * that can be caught; SIGKILL it cannot.  PR_SET_PDEATHSIG would not do: it is
 * lost with the first change of credentials (setpriv, sudo).
 */
#include "process/supervisor/program/program.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

void program_met(struct program *p, pid_t pid)
{
	if (p->pidfd < 0 && pid > 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Mostly it has ended before.  What it left in the background stays. */
void program_end(struct program *p)
{
	if (p->pidfd < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
	close(p->pidfd);
	/* no later process is the program */
	p->pidfd = -1;
}
