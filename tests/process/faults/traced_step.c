/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A debugger of the host steps on the way into an enclave, and out of it, and
 * then lets the program go on.  At whatever instruction that is, the step stays
 * the debugger's: the enclave does not see TF and is not interrupted.
 *	traced_step SWSGX...	the debugger, from outside
 *	traced_step victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"

#define HWCAP2_FSGSBASE 2u
#define FLAG_TF         0x100u
#define ROUNDS          8 /* after which nothing traps any more */
#define MOST            16384u
#define VDSO_SIZE       4096u /* from its entry */

extern const char step_see[];

/* The victim ----------------------------------------------------------- */

static struct enclave enclave = ENCLAVE_NONE;
static volatile uint8_t over;
static uint64_t flags; /* as the enclave saw them */
static unsigned steps_inside;

static void trip(void)
{
	struct enclave_regs r = { .rdx = (uintptr_t)&flags };
	struct bare_outcome outcome;

	flags = FLAG_TF;
	bare_enter(&enclave, 0, BY_VDSO, step_see, &r, &outcome);
	CHECK(outcome.left);
	steps_inside += (flags & FLAG_TF) != 0;
}

static int victim(void)
{
	struct enclave_options options = { .xfrm = 3 };

	check_timeout(100);
	if (!enclave_vdso())
		check_skip("no vDSO with SGX here");
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	bare_build(&enclave, &options);
	for (unsigned i = 0; i < ROUNDS; i++)
		trip();
	printf("%" PRIxPTR " %" PRIx64 " %" PRIx64 " %" PRIxPTR " %d\n",
	       (uintptr_t)enclave_vdso(), enclave.base, enclave.size,
	       (uintptr_t)&over, (int)getpid());
	fflush(stdout);
	while (!over) /* the debugger writes to it */
		trip();
	/* DEVIATION DP21: the debugger has once stepped through the enclave */
	CHECK_EQ(steps_inside, 1);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

static uint64_t vdso, base, size, flag;

static bool is_inside(uint64_t rip)
{
	return rip - base < size;
}

static bool is_outside(uint64_t rip)
{
	return !is_inside(rip);
}

static bool is_in_vdso(uint64_t rip)
{
	return rip - vdso < VDSO_SIZE;
}

/* What is executed before that. */
static unsigned walk(bool (*until)(uint64_t rip), uint64_t at[MOST])
{
	uint64_t rip = stepper_step_only();
	unsigned n = 0;

	for (; !until(rip) && n < MOST; rip = stepper_step_only())
		at[n++] = rip;
	CHECK(n < MOST);
	return n;
}

/* One step at each of the instructions, and then on to the next round. */
static void one_step_at_each(const uint64_t *at, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		stepper_run_to(at[i], 0);
		stepper_step_only();
		stepper_run_to(vdso, 0);
	}
}

int main(int argc, char **argv)
{
	static uint64_t in[MOST], through[MOST], out[MOST];
	unsigned n, m;
	FILE *from;
	int id;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		check_skip("no RDFSBASE here, so each leaf traps");
	check_timeout(110);
	from = stepper_start(argv + 1);
	if (fscanf(from, "%" SCNx64 "%" SCNx64 "%" SCNx64 "%" SCNx64 "%d",
		   &vdso, &base, &size, &flag, &id) != 5)
		check_skip("no enclaves here");
	stepper_attach(id);
	stepper_run_to(vdso, 0);
	n = walk(is_inside, in);
	stepper_run_to(vdso, 0); /* through the enclave without steps */
	walk(is_inside, in);
	CHECK(walk(is_outside, through) > 4);
	m = walk(is_in_vdso, out);
	stepper_run_to(vdso, 0);
	one_step_at_each(in, n);
	one_step_at_each(out, m);
	stepper_finish(from, flag);
	printf("%u instructions in, %u out\n", n, m);
	CHECK(n > 60 && m > 60);
	return check_result();
}
