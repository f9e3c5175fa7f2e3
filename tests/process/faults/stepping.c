/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFLAGS at entry and exit, single-stepping and breakpoints: an enclave that
 * has not opted in to debugging is one instruction, with a #DB behind EEXIT;
 * one that has is stepped through, each step an AEX.
 *
 * Source: SDM vol. 3D "Enclave Code Debug and Profiling": "Single Step
 * Behavior", "Code and Data Breakpoints"; "EENTER", "EEXIT", "ERESUME",
 * Operation.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"

#define FLAG_TF    0x100ul
#define FLAG_DF    0x400ul
#define FLAGS_ANY  0x240cd5ul /* CF PF AF ZF SF DF OF AC ID */
#define ARITHMETIC 0x8d5ul

extern const char step_code[], step_second[], step_ereport[], step_enclu[],
	step_behind[], step_eexit[], step_popf[], step_fault[], step_flags[];
extern const char step_return[], step_aep[], step_abandon[];
uint64_t step_enter(uint64_t tcs, uint32_t leaf, struct enclave_regs *regs,
		    uint64_t flags);

#define PROVES(check, gives) PROVES_BUT(check, gives, "")
#define PROVES_BUT(check, gives, deviation) \
	CHECK_DEVIATES("steps and breakpoints inside", SOURCE, check, gives, \
		       deviation)
#define SOURCE "SDM vol. 3D \"Enclave Code Debug and Profiling\""

static struct enclave enclave = ENCLAVE_NONE;
static struct seen seen;
static uint64_t done;
static uint64_t flags_out;

static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Behind EEXIT the program goes on, no longer stepped; else it gives up. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *gregs = uc->uc_mcontext.gregs;

	seen_record(&seen, sig, info, context);
	gregs[REG_EFL] &= ~(FLAG_TF | FLAG_DF);
	if (seen.rip != number(step_return))
		gregs[REG_RIP] = (greg_t)number(step_abandon);
}

/*
 * The enclave uses the host's stack: every entry must come from one place, at
 * one depth, hence never inlined.
 */
__attribute__((noinline)) static uint64_t go(uint32_t leaf, const char *label,
					     uint64_t flags)
{
	struct enclave_regs regs = {
		.rdi = label ? bare_at(&enclave, label) : 0,
		.rsi = enclave.base + BARE_DATA,
		.rdx = number(&done),
		.r8 = flags_out,
	};

	memset(&seen, 0, sizeof(seen));
	return step_enter(enclave.tcs[0], leaf, &regs, flags);
}

static uint64_t inside_rip(void)
{
	struct bare_frame frame;

	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.rflags & FLAG_TF, 0);
	return frame.gpr.rip;
}

static void check_step_behind_eexit(void)
{
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.sig, SIGTRAP);
	CHECK_EQ(seen.code, TRAP_TRACE);
	CHECK_EQ(seen.trapno, 1);
	CHECK_EQ(seen.rip, number(step_return));
	CHECK_EQ(seen.addr, number(step_return));
	CHECK_EQ(seen.rflags & FLAG_TF, FLAG_TF);
	CHECK_EQ(done, 1);
}

/* Opted out: the whole enclave is one step. */
static void one_step(const char *name)
{
	PROVES("TF at EENTER, DBGOPTIN 0, DEBUG or not",
	       "the enclave is one step: #DB behind EEXIT");
	check_section(name);
	printf("%s\n", name);
	done = 0;
	go(ENCLU_EENTER, step_code, FLAG_TF | 2);
	check_step_behind_eexit();
	done = 0;
	go(ENCLU_EENTER, step_code, 2);
	CHECK_EQ(seen.count, 0);
	CHECK_EQ(done, 1);
}

/* TF, as it was at entry, shows after the AEX, and not in the SSA. */
static void one_step_with_aex(const char *name)
{
	struct bare_frame frame;

	PROVES("the same, and an AEX",
	       "TF shows after it, is 0 in the SSA, and back by ERESUME");
	check_section(name);
	printf("%s\n", name);
	done = 0;
	go(ENCLU_EENTER, step_fault, FLAG_TF | 2);
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.sig, SIGILL);
	CHECK_EQ(seen.rip, number(step_aep));
	CHECK_EQ(seen.rflags & FLAG_TF, FLAG_TF);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.rflags & FLAG_TF, 0);
	frame.gpr.rip += 2;
	bare_edit(&enclave, 0, &frame);
	go(ENCLU_ERESUME, NULL, FLAG_TF | 2);
	check_step_behind_eexit();
}

static void popf_inside(const char *name)
{
	PROVES_BUT("POPF sets TF, DBGOPTIN 0",
		   "no #DB; TF is 0 again, one "
		   "instruction late",
		   "DP21");
	check_section(name);
	printf("%s\n", name);
	done = FLAG_TF;
	go(ENCLU_EENTER, step_popf, 2);
	CHECK_EQ(seen.count, 0);
	CHECK_EQ(done & FLAG_TF, 0);
}

static void set_opt_in(bool on)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint64_t flags = on;

	CHECK_EQ(pwrite(mem, &flags, 8, enclave.tcs[0] + 8), 8);
	close(mem);
}

/* The last AEX was by #DB. */
static void check_db_aex(void)
{
	struct bare_frame frame;

	seen_check_aex(&seen, enclave.tcs[0], number(step_aep));
	seen_check_fpu(&seen);
	bare_look(&enclave, 0, &frame);
	CHECK_EQ(frame.gpr.exitinfo, EXITINFO_VALID | EXITINFO_HW | 1);
}

/* One step; where the enclave is after it. */
static uint64_t step(uint32_t leaf)
{
	go(leaf, step_code, FLAG_TF | 2);
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.sig, SIGTRAP);
	CHECK_EQ(seen.code, TRAP_TRACE);
	if (seen.rip == number(step_return))
		return seen.rip;
	CHECK_EQ(seen.rflags & FLAG_TF, FLAG_TF);
	check_db_aex();
	return inside_rip();
}

static void step_through(void)
{
	static const char *const places[] = { step_code, step_second,
					      step_ereport };
	uint64_t rip = 0;

	PROVES("TF at EENTER, DBGOPTIN 1",
	       "an AEX by #DB before the first and after each instruction");
	check_section("stepping, opted in");
	printf("stepping, opted in\n");
	done = 0;
	/* Before the first instruction. */
	CHECK_EQ(step(ENCLU_EENTER), bare_at(&enclave, bare_entry));
	for (int i = 0; i < 20 && rip != bare_at(&enclave, step_code); i++)
		rip = step(ENCLU_ERESUME);
	for (unsigned i = 0; i < 3; i++, rip = step(ENCLU_ERESUME))
		CHECK_EQ(rip, bare_at(&enclave, places[i]));
	for (int i = 0; i < 20 && rip != bare_at(&enclave, step_enclu); i++)
		rip = step(ENCLU_ERESUME);
	rip = step(ENCLU_ERESUME);
	CHECK_EQ(rip, bare_at(&enclave, step_behind));
	for (int i = 0; i < 20 && rip != bare_at(&enclave, step_eexit); i++)
		rip = step(ENCLU_ERESUME);
	CHECK_EQ(done, 1);
	CHECK_EQ(step(ENCLU_ERESUME), number(step_return));
	check_step_behind_eexit();
}

/* EENTER and EEXIT change no flag but TF. */
static void flags_pass(void)
{
	uint64_t in, out;

	PROVES("DF, AC, ID and arithmetic flags, at EENTER and EEXIT",
	       "pass unchanged");
	check_section("flags of EENTER and EEXIT");
	printf("flags of EENTER and EEXIT\n");
	/* the first times by traps, then without */
	for (unsigned i = 0; i < 8; i++) {
		in = i & 1 ? FLAGS_ANY : 0;
		flags_out = i & 2 ? 2 : FLAGS_ANY | 2;
		out = go(ENCLU_EENTER, step_flags, in | 2);
		CHECK_EQ(done & FLAGS_ANY, in);
		CHECK_EQ(out & FLAGS_ANY, flags_out & FLAGS_ANY);
	}
}

static int breakpoint(uint64_t addr, uint32_t type, uint64_t length)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.bp_type = type,
		.bp_addr = addr,
		.bp_len = length,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.remove_on_exec = 1,
		.sigtrap = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

/* The processor's own breakpoint on the code, or on the enclave's data. */
static void hardware(const char *name, uint64_t addr, uint32_t type,
		     bool opted_in)
{
	int fd = breakpoint(addr, type, 8);

	check_section(name);
	printf("%s%s\n", name, fd < 0 ? ": not to be had here" : "");
	if (fd < 0)
		return;
	done = 0;
	go(ENCLU_EENTER, step_code, 2);
	close(fd);
	CHECK_EQ(seen.count, opted_in);
	CHECK_EQ(done, !opted_in);
	if (!opted_in || !seen.count)
		return;
	CHECK_EQ(seen.sig, SIGTRAP);
	check_db_aex();
	if (type == HW_BREAKPOINT_X)
		CHECK_EQ(inside_rip(), addr);
	go(ENCLU_ERESUME, NULL, 2);
	CHECK_EQ(done, 1);
}

static void breakpoints(void)
{
	uint64_t code = bare_at(&enclave, step_second);
	uint64_t word = enclave.base + BARE_THREADS + BARE_THREAD_GS;

	PROVES_BUT("breakpoint registers on code and data, DBGOPTIN 0",
		   "are suppressed", "DP21");
	hardware("code breakpoint", code, HW_BREAKPOINT_X, false);
	hardware("data breakpoint", word, HW_BREAKPOINT_W, false);
}

static void breakpoints_opted_in(void)
{
	uint64_t code = bare_at(&enclave, step_second);
	uint64_t word = enclave.base + BARE_THREADS + BARE_THREAD_GS;

	PROVES("breakpoint registers on code and data, DBGOPTIN 1",
	       "an AEX by #DB; a code breakpoint's RIP is the instruction's");
	hardware("code breakpoint, opted in", code, HW_BREAKPOINT_X, true);
	hardware("data breakpoint, opted in", word, HW_BREAKPOINT_W, true);
}

int main(void)
{
	static const int signals[] = { SIGTRAP, SIGILL, SIGSEGV };
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };

	check_timeout(40);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < 3; i++)
		victim_handle(signals[i], on_signal, 0);
	bare_build(&enclave, &options);
	one_step("one step");
	one_step_with_aex("one step, with an AEX");
	popf_inside("TF by POPF");
	flags_pass();
	breakpoints();
	enclave_destroy(&enclave);

	options.debug = true;
	bare_build(&enclave, &options);
	one_step("one step, DEBUG");
	one_step_with_aex("one step, DEBUG, with an AEX");
	breakpoints();
	set_opt_in(true);
	step_through();
	breakpoints_opted_in();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
