/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * under PROGRAM [ARGUMENT]...: runs it, hands SIGTERM on, and prints what is
 * left of the platform once it has ended: the pages of the EPC must all be
 * free again.  Exit status: the program's, or 1.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/soak/holdings.h"

static volatile pid_t child;

static void on_term(int sig)
{
	kill(child, sig);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	struct epc epc;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: under PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	child = fork();
	if (!child) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	sigaction(SIGTERM, &sa, NULL);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	epc = epc_when_idle();
	printf("epc-pages %lu\nepc-free %lu\n", epc.pages, epc.free);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
