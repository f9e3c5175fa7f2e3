/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is killed at each instruction of the runtime's that stands for
 * EENTER through the vDSO and for EEXIT back to it.  It shares an enclave with
 * its parent, which finds the TCS free, and the enclave as it was.
 *	killed_trip SWSGX...	a debugger of what runs there, from outside
 *	killed_trip victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"
#include "tests/process/fixture/victim.h"

#define MAX    4096 /* instructions of ours in a trip */
#define WARM   8    /* trips until none traps */
#define TRIES  5000 /* of a millisecond */
#define SECRET 0x1234567

/* The victim ----------------------------------------------------------- */

static struct enclave enclave = ENCLAVE_NONE;
static volatile uint8_t attached; /* the debugger writes to it */

static void child(void)
{
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (!attached)
		usleep(100);
	for (unsigned i = 0; i < 4 * WARM; i++) {
		struct request r = { .op = OP_NOP };

		victim_enter(&enclave, 0, &r);
	}
	_exit(0);
}

/* The server learns of the death, and then gives the TCS back. */
static bool enter(struct request *r)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct enclave_exit exit = victim_enter(&enclave, 0, r);

		if (exit.function == ENCLU_EEXIT)
			return r->done == OP_DONE;
		usleep(1000);
	}
	return false;
}

static void one(void)
{
	struct request r = { .op = OP_STORE, .count = 1, .value = SECRET };
	struct request load = { .op = OP_LOAD, .count = 1 };
	int status = 0;
	pid_t pid;

	victim_build(&enclave);
	CHECK(enter(&r));
	pid = fork();
	if (!pid)
		child();
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(check_exited_well(status) ||
	      (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	CHECK(enter(&load));
	CHECK_EQ(load.value, SECRET);
	enclave_destroy(&enclave);
}

static int victim(void)
{
	char line[8];

	check_timeout(110);
	victim_build(&enclave);
	printf("%" PRIxPTR " %" PRIxPTR "\n", (uintptr_t)enclave_vdso(),
	       (uintptr_t)&attached);
	fflush(stdout);
	enclave_destroy(&enclave);
	while (fgets(line, sizeof(line), stdin))
		one();
	return check_result();
}

/* The debugger --------------------------------------------------------- */

/* A child that is about to make a trip without a trap. */
static void next(FILE *from, FILE *to, uint64_t vdso, uint64_t flag)
{
	const uint8_t one = 1;
	int pid = 0;

	fputs("\n", to);
	fflush(to);
	if (fscanf(from, "%d", &pid) != 1)
		check_fatal("the program has ended");
	stepper_attach(pid);
	stepper_write(flag, &one, 1);
	stepper_pass(vdso, WARM);
}

int main(int argc, char **argv)
{
	static uint64_t at[MAX];
	FILE *from, *to;
	uint64_t vdso, flag;
	unsigned n, killed = 0;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	check_timeout(115);
	from = stepper_start_with(argv + 1, &to);
	if (fscanf(from, "%" SCNx64 "%" SCNx64, &vdso, &flag) != 2)
		check_skip("no enclaves here");
	next(from, to, vdso, flag);
	n = stepper_walk(vdso, at, MAX);
	stepper_kill();
	for (unsigned i = 0; i < n; i++) {
		next(from, to, vdso, flag);
		/* some are executed only by who is stepped */
		killed += stepper_try(at[i], vdso, 2);
		stepper_kill();
	}
	fclose(to);
	stepper_wait(from);
	printf("killed at %u of %u instructions\n", killed, n);
	CHECK(killed > 100);
	return check_result();
}
