/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts a program that does nothing, again and again.  Seconds for one. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "bench/bench.h"

#define TIMES   100u
#define WARM_UP 5u

static void spawn(void)
{
	char path[] = "/bin/true", *const argv[] = { path, NULL };
	char *const envp[] = { NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, argv, envp) ||
	    waitpid(pid, &status, 0) != pid || status)
		bench_fail("/bin/true");
}

int main(void)
{
	double start;

	for (unsigned i = 0; i < WARM_UP; i++)
		spawn();
	start = bench_now();
	for (unsigned i = 0; i < TIMES; i++)
		spawn();
	bench_print("exec", (bench_now() - start) / TIMES);
	return 0;
}
