/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many traps a round trip through the vDSO takes: none, once the thread and
 * the place of EEXIT are known; with --no-patch one for each of the two leaves.
 * A debugger of the host sees each trap as a SIGILL.
 *	trap_count N SWSGX...	the debugger, from outside; N traps are right
 *	trap_count victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"
#include "tests/process/fixture/victim.h"

#define TRIPS           20
#define HWCAP2_FSGSBASE 2u

static struct enclave enclave = ENCLAVE_NONE;
static volatile uint8_t over;

static void trip(void)
{
	struct request r = { .op = OP_MIX, .value = 1 };

	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
}

static int victim(void)
{
	check_timeout(50);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	victim_build(&enclave);
	for (unsigned i = 0; i < 8; i++)
		trip();
	printf("%" PRIxPTR " %" PRIxPTR " %d\n", (uintptr_t)enclave_vdso(),
	       (uintptr_t)&over, (int)getpid());
	fflush(stdout);
	while (!over) /* the debugger writes to it */
		trip();
	enclave_destroy(&enclave);
	return check_result();
}

int main(int argc, char **argv)
{
	uint64_t vdso, flag;
	FILE *from;
	int id;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	if (argc < 3)
		check_fatal("expected N SWSGX...");
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		check_skip("no RDFSBASE here, so each leaf traps");
	check_timeout(60);
	from = stepper_start(argv + 2);
	if (fscanf(from, "%" SCNx64 "%" SCNx64 "%d", &vdso, &flag, &id) != 3)
		check_skip("no enclaves here");
	stepper_attach(id);
	stepper_run_to(vdso, 0);
	for (unsigned i = 0; i < TRIPS; i++)
		CHECK_EQ(stepper_count(vdso, SIGILL),
			 strtoul(argv[1], NULL, 0));
	stepper_finish(from, flag);
	return check_result();
}
