/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGTRAP from somebody else, at any moment of an execve(2), with the signal
 * ignored: each new image starts as ever.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

#define ROUNDS 40

/* Until the process that execs has ended; now and then, at odd moments. */
static void send_for_ever(pid_t to)
{
	unsigned int i = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (kill(to, SIGTRAP) == 0)
		usleep(100 + 37 * (++i % 7));
	_exit(0);
}

static void next(int round)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", round);
	execl("/proc/self/exe", "trap_at_exec", text, NULL);
	check_fatal("execl: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	int round = argc > 1 ? atoi(argv[1]) : 0;
	struct sigaction action;
	pid_t self = getpid();

	check_timeout(100);
	if (!round) {
		signal(SIGTRAP, SIG_IGN);
		if (fork() == 0)
			send_for_ever(self);
	}
	CHECK_EQ(sigaction(SIGTRAP, NULL, &action), 0);
	CHECK_EQ(action.sa_handler == SIG_IGN, 1);
	if (round < ROUNDS && !check_failures())
		next(round + 1);
	return check_result();
}
