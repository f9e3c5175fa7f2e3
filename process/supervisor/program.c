/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who kills `swsgx run` means its program.  The front passes on what can be
 * caught; SIGKILL it cannot.  PR_SET_PDEATHSIG would not do: it is lost with
 * the first change of credentials (setpriv, sudo).
 */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/supervisor/server.h"

void program_met(struct server *s, pid_t pid)
{
	if (s->program < 0 && pid > 0)
		s->program = (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Mostly it has ended before.  What it left in the background stays. */
void program_end(struct server *s)
{
	if (s->program < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, s->program, SIGKILL, NULL, 0);
	close(s->program);
	/* nobody else is the program */
	s->program = -1;
}
