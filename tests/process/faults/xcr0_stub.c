/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal at each instruction of the code that stands for XSAVE and its like:
 * whoever handles it finds the enclave at the instruction, or behind it, with
 * the enclave's own registers.
 *	xcr0_stub SWSGX...	a debugger of what runs there, from outside
 *	xcr0_stub victim	what runs
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/process/faults/xcr0.h"
#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/stepper.h"

#define PROLOGUE 26 /* bytes before the instruction: xcr0.S */
#define SITES    5
#define STUB_MAX 32 /* instructions */
#define JMP      0xe9

/* The victim ----------------------------------------------------------- */

static struct enclave enclave = ENCLAVE_NONE;
static struct xcr0_out out;
static uint8_t area[8192] __attribute__((aligned(4096)));
static const char *const labels[SITES] = {
	xcr0_xsavec64, xcr0_xrstor64, xcr0_xsave64, xcr0_xrstor, xcr0_xgetbv,
};
static volatile unsigned turn, handled;
static volatile uint8_t over;

static bool is_xgetbv(void)
{
	return labels[turn] == xcr0_xgetbv;
}

static uint64_t site_of(unsigned i)
{
	unsigned before = labels[i] == xcr0_xgetbv ? 23 : PROLOGUE;

	return bare_at(&enclave, labels[i]) + before;
}

static unsigned size_of(unsigned i)
{
	return labels[i] == xcr0_xsavec64 || labels[i] == xcr0_xrstor64 ||
			       labels[i] == xcr0_xsave64 ?
		       4 :
		       3;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	static struct bare_frame frame;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t site = site_of(turn);
	bool behind;

	(void)sig, (void)info;
	handled++;
	CHECK_EQ(r[REG_RAX], ENCLU_ERESUME);
	bare_look(&enclave, 0, &frame);
	behind = frame.gpr.rip == site + size_of(turn);
	CHECK(behind || frame.gpr.rip == site);
	CHECK_EQ(frame.gpr.rflags & XCR0_RFLAGS, XCR0_RFLAGS);
	if (is_xgetbv()) {
		CHECK_EQ(frame.gpr.rax, behind ? 3 : UINT64_MAX);
		CHECK_EQ(frame.gpr.rdx, behind ? 0 : UINT64_MAX);
		CHECK_EQ(frame.gpr.rcx, 0);
		return;
	}
	CHECK_EQ(frame.gpr.rax, XCR0_RAX);
	CHECK_EQ(frame.gpr.rdx, XCR0_RDX);
	CHECK_EQ(frame.gpr.rsi, (uintptr_t)area);
}

static void one(unsigned i)
{
	struct enclave_regs regs = {
		.rsi = (uint64_t)(uintptr_t)area,
		.r8 = (uint64_t)(uintptr_t)&out,
	};
	struct bare_outcome outcome;

	turn = i;
	bare_enter(&enclave, 0, enclave_vdso() ? BY_VDSO : BY_ENCLU, labels[i],
		   &regs, &outcome);
	CHECK(outcome.left);
	CHECK_EQ(out.rax, is_xgetbv() ? 3 : XCR0_RAX);
	CHECK_EQ(out.rdx, is_xgetbv() ? 0 : XCR0_RDX);
	CHECK_EQ(out.rflags & XCR0_RFLAGS, XCR0_RFLAGS);
}

static int victim(void)
{
	struct enclave_options options = { .xfrm = 3, .debug = true };

	check_timeout(50);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	bare_build(&enclave, &options);
	bare_handle_signals();
	victim_handle(SIGUSR1, on_signal, 0);
	for (unsigned i = 0; i < SITES; i++)
		one(i);
	for (unsigned i = 0; i < SITES; i++)
		printf("%" PRIx64 " ", site_of(i));
	printf("%" PRIxPTR " %d\n", (uintptr_t)&over, (int)getpid());
	fflush(stdout);
	while (!over) /* the debugger writes to it */
		for (unsigned i = 0; i < SITES; i++)
			one(i);
	CHECK(handled > 0);
	printf("%u signals\n", handled);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

/* The instructions that are executed from `from` on, until they leave it. */
static unsigned walk(uint64_t from, uint64_t at[STUB_MAX])
{
	uint64_t rip = from;
	unsigned n = 0;

	for (; rip - from < 4096 && n < STUB_MAX; rip = stepper_step())
		at[n++] = rip;
	return n;
}

static unsigned signals_in(uint64_t site)
{
	uint8_t jump[5] = { 0 };
	uint64_t at[STUB_MAX];
	int32_t displacement;
	unsigned n;

	stepper_read(site, jump, sizeof(jump));
	if (jump[0] != JMP)
		return 0;
	memcpy(&displacement, jump + 1, sizeof(displacement));
	site += sizeof(jump) + (uint64_t)(int64_t)displacement;
	stepper_run_to(site, 0);
	n = walk(site, at);
	CHECK(n < STUB_MAX);
	for (unsigned i = 0; i < n; i++)
		stepper_run_to(at[i], i ? SIGUSR1 : 0);
	stepper_run_to(at[0], SIGUSR1);
	return n;
}

int main(int argc, char **argv)
{
	uint64_t site[SITES], flag;
	unsigned n = 0;
	FILE *from;
	int id;

	if (argc > 1 && !strcmp(argv[1], "victim"))
		return victim();
	check_timeout(60);
	from = stepper_start(argv + 1);
	for (unsigned i = 0; i < SITES; i++)
		if (fscanf(from, "%" SCNx64, &site[i]) != 1)
			check_skip("XCR0 has no more than SSE, or no enclaves");
	CHECK_EQ(fscanf(from, "%" SCNx64 "%d", &flag, &id), 2);
	stepper_attach(id);
	for (unsigned i = 0; i < SITES; i++)
		n += signals_in(site[i]);
	stepper_finish(from, flag);
	printf("a signal at each of %u instructions\n", n);
	CHECK(n >= 4 * 6);
	return check_result();
}
