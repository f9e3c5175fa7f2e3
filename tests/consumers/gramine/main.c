/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Gramine 1.9 asks of a host: pal/src/host/linux-sgx.  No function of
 * libc makes the system calls that it is about, ENCLU is its own, and all that
 * the host side knows of a thread is found through GS.
 */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

struct gramine gramine = { .device = -1 };

static const char *rate(void)
{
	struct timespec from, to;
	struct ask ask = { .op = ASK_NOTHING };
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < 20000; i++)
		gramine_ecall(&ask);
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) +
		  (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("# %.0f EENTER and EEXIT a second\n", 20000 / seconds);
	CHECK_EQ(ask.done, ASK_DONE);
	return NULL;
}

/* Each process of an application makes its own enclave, at the same place. */
static const char *child_process(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/proc/self/exe", "gramine", "--child",
		      getenv("CONSUMER_ENCLAVE"), getenv("CONSUMER_KEY"), NULL);
		_exit(99);
	}
	CHECK(check_exited_well(check_wait(pid)));
	return NULL;
}

static const struct fact process_facts[] = {
	{ "tens of thousands of entries a second", rate },
	{ "vfork and execve: each process has an enclave of its own",
	  child_process },
	{ 0 }
};

static const struct fact *const tables[] = {
	gramine_host_facts,   gramine_build_facts,
	gramine_enter_facts,  gramine_exception_facts,
	gramine_signal_facts, gramine_edmm_facts,
	process_facts,        NULL
};
FACTS_ROWS("Gramine 1.9", "pal/src/host/linux-sgx", "gramine", tables)

/* The building and the first entries, again. */
static const struct fact *const child_tables[] = { gramine_host_facts,
						   gramine_build_facts,
						   gramine_enter_facts, NULL };

int main(int argc, char **argv)
{
	const struct plan plan = {
		.shift = LOWEST,
		.size = ELRANGE,
		.heap = ZEROS,
		.heap_length = ZEROS_LENGTH,
		.options = { .miscselect = MISCSELECT_EXINFO },
	};
	bool child = argc > 1 && !strcmp(argv[1], "--child");

	/* One TAP output is enough. */
	if (child)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	facts_begin(argc - child, argv + child);
	check_timeout(45);
	setenv("CONSUMER_ENCLAVE", argv[1 + child], 1);
	setenv("CONSUMER_KEY", argv[2 + child], 1);
	plan_prepare(&plan, &gramine.image, &gramine.sig);
	return facts_run(child ? child_tables : tables);
}
