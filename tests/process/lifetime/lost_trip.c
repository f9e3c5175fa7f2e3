/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost at each instruction of the runtime's that stands for EENTER
 * through the vDSO and for EEXIT back to it.  The thread then is before the one
 * or behind the other; the next entry is the fault that a loss makes, and a new
 * enclave works.
 *	lost_trip SWSGX...	a debugger of what runs there, from outside
 *	lost_trip victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "process/control.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"
#include "tests/process/fixture/victim.h"

#define MAX       4096 /* instructions of ours in a trip */
#define WARM      8    /* trips until none traps */
#define TRIES     20000
#define PF_VECTOR 14

/* The victim ----------------------------------------------------------- */

static struct enclave enclave = ENCLAVE_NONE;
static volatile uint8_t over, wanted; /* the debugger writes to them */
static volatile unsigned losses, met;

/* It is in no enclave, nor at any breakpoint. */
static void *loser(void *arg)
{
	struct rt_control control = { .call = RT_CONTROL_LOSE_EPC };

	while (!over) {
		if (wanted) {
			CHECK_EQ(ioctl(-1, RT_CONTROL, &control), 0);
			losses++;
			wanted = 0;
		}
		usleep(100);
	}
	return arg;
}

static void check_lost(const struct enclave_exit *exit)
{
	CHECK(exit->function == ENCLU_EENTER ||
	      exit->function == ENCLU_ERESUME);
	CHECK_EQ(exit->vector, PF_VECTOR);
	CHECK(exit->error_code & ERROR_CODE_SGX);
	CHECK_EQ(exit->addr, enclave.tcs[0]);
}

static void trip(unsigned i)
{
	struct request r = { .op = OP_STORE, .count = i % 8, .value = i };
	struct enclave_exit exit = victim_enter(&enclave, 0, &r);

	if (exit.function == ENCLU_EEXIT) {
		CHECK_EQ(r.done, OP_DONE);
		return;
	}
	check_lost(&exit);
	met++;
	enclave_destroy(&enclave);
	victim_build(&enclave);
}

static int victim(void)
{
	pthread_t thread;

	check_timeout(110);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	victim_build(&enclave);
	CHECK_EQ(pthread_create(&thread, NULL, loser, NULL), 0);
	printf("%" PRIxPTR " %" PRIxPTR " %" PRIxPTR " %d\n",
	       (uintptr_t)enclave_vdso(), (uintptr_t)&wanted, (uintptr_t)&over,
	       (int)getpid());
	fflush(stdout);
	for (unsigned i = 0; !over; i++)
		trip(i);
	pthread_join(thread, NULL);
	/* one more may be for the next entry */
	CHECK(met == losses || met + 1 == losses);
	printf("%u losses, %u met\n", losses, met);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

static void lose(uint64_t flag)
{
	uint8_t byte = 1;

	stepper_write(flag, &byte, 1);
	for (unsigned i = 0; i < TRIES && byte; i++) {
		usleep(100);
		stepper_read(flag, &byte, 1);
	}
	CHECK_EQ(byte, 0);
}

int main(int argc, char **argv)
{
	uint64_t vdso, flag, end;
	static uint64_t at[MAX];
	unsigned n, lost = 0;
	FILE *from;
	int id;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	check_timeout(115);
	from = stepper_start(argv + 1);
	if (fscanf(from, "%" SCNx64 "%" SCNx64 "%" SCNx64 "%d", &vdso, &flag,
		   &end, &id) != 4)
		check_skip("no enclaves here");
	stepper_attach(id);
	stepper_pass(vdso, WARM);
	n = stepper_walk(vdso, at, MAX);
	for (unsigned i = 0; i < n; i++) {
		/* of the trip that is the first without a trap */
		stepper_pass(vdso, WARM);
		if (!stepper_try(at[i], vdso, 2))
			continue;
		lose(flag);
		lost++;
	}
	stepper_finish(from, end);
	printf("lost at %u of %u instructions\n", lost, n);
	CHECK(lost > 100);
	return check_result();
}
