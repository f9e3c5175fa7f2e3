/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal at each instruction of the code that stands for XSAVE and its like:
 * whoever handles it finds the enclave at the instruction, or behind it, with
 * the enclave's own registers.
 *	xcr0_stub SWSGX...	a debugger of what runs there, from outside
 *	xcr0_stub victim	what runs
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"
#include "tests/process/faults/xcr0.h"

#define PROLOGUE	26	/* bytes before the instruction: xcr0.S */
#define SITES		5
#define STUB_MAX	32	/* instructions */
#define JMP		0xe9
#define INT3		0xcc

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
	       labels[i] == xcr0_xsave64 ? 4 : 3;
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
	while (!over)			/* the debugger writes to it */
		for (unsigned i = 0; i < SITES; i++)
			one(i);
	CHECK(handled > 0);
	printf("%u signals\n", handled);
	enclave_destroy(&enclave);
	return check_result();
}

/* The debugger --------------------------------------------------------- */

static pid_t pid;
static int mem;

static int stop(void)
{
	int status = 0;

	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	if (!WIFSTOPPED(status))
		check_fatal("the program has ended: %#x", status);
	return WSTOPSIG(status);
}

static struct user_regs_struct registers(void)
{
	struct user_regs_struct r;

	CHECK_EQ(ptrace(PTRACE_GETREGS, pid, NULL, &r), 0);
	return r;
}

static uint8_t replace(uint64_t at, uint8_t byte)
{
	uint8_t was = 0;

	CHECK_EQ(pread(mem, &was, 1, (off_t)at), 1);
	CHECK_EQ(pwrite(mem, &byte, 1, (off_t)at), 1);
	return was;
}

static void go_on(long how, int sig)
{
	CHECK_EQ(ptrace((enum __ptrace_request)how, pid, NULL, (long)sig), 0);
}

/* With this signal.  SIGTRAP that is none of ours is the program's. */
static void run_to(uint64_t at, int sig)
{
	uint8_t was = replace(at, INT3);
	struct user_regs_struct r = { .rip = 0 };

	while (r.rip != at + 1) {
		go_on(PTRACE_CONT, sig);
		sig = stop();
		if (sig == SIGTRAP)
			r = registers();
	}
	replace(at, was);
	r.rip = at;
	CHECK_EQ(ptrace(PTRACE_SETREGS, pid, NULL, &r), 0);
}

/* The instructions that are executed from `from` on, until they leave it. */
static unsigned walk(uint64_t from, uint64_t at[STUB_MAX])
{
	unsigned n = 0;
	uint64_t rip = from;

	while (rip - from < 4096 && n < STUB_MAX) {
		at[n++] = rip;
		go_on(PTRACE_SINGLESTEP, 0);
		CHECK_EQ(stop(), SIGTRAP);
		rip = registers().rip;
	}
	return n;
}

static unsigned signals_in(uint64_t site)
{
	uint8_t jump[5] = { 0 };
	uint64_t at[STUB_MAX];
	int32_t displacement;
	unsigned n;

	CHECK_EQ(pread(mem, jump, sizeof(jump), (off_t)site), sizeof(jump));
	if (jump[0] != JMP)
		return 0;
	memcpy(&displacement, jump + 1, sizeof(displacement));
	site += sizeof(jump) + (uint64_t)(int64_t)displacement;
	run_to(site, 0);
	n = walk(site, at);
	CHECK(n < STUB_MAX);
	for (unsigned i = 0; i < n; i++)
		run_to(at[i], i ? SIGUSR1 : 0);
	run_to(at[0], SIGUSR1);
	return n;
}

static FILE *start(char **command)
{
	int pipes[2];

	CHECK_EQ(pipe(pipes), 0);
	if (fork() == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		close(pipes[0]);
		execv(command[0], command);
		_exit(127);
	}
	close(pipes[1]);
	return fdopen(pipes[0], "r");
}

static void attach(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	if (mem < 0 || ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		check_skip("no debugger may attach here");
	CHECK_EQ(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	stop();
}

static void finish(FILE *from, uint64_t flag)
{
	uint8_t one_byte = 1;
	char line[256];
	int status = 0;

	CHECK_EQ(pwrite(mem, &one_byte, 1, (off_t)flag), 1);
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	while (fgets(line, sizeof(line), from))
		fputs(line, stdout);
	CHECK(wait(&status) > 0);
	CHECK(check_exited_well(status));
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
	from = start(argv + 1);
	for (unsigned i = 0; i < SITES; i++)
		if (fscanf(from, "%" SCNx64, &site[i]) != 1)
			check_skip("XCR0 has no more than SSE, or no enclaves");
	CHECK_EQ(fscanf(from, "%" SCNx64 "%d", &flag, &id), 2);
	pid = id;
	attach();
	for (unsigned i = 0; i < SITES; i++)
		n += signals_in(site[i]);
	finish(from, flag);
	printf("a signal at each of %u instructions\n", n);
	CHECK(n >= 4 * 6);
	return check_result();
}
