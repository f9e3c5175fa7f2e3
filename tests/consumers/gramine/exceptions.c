/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions as Gramine takes them: by signal, entering the enclave from the
 * handler, which looks at EXITINFO and edits SSA[0].
 */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <stdio.h>
#include <string.h>

#include "tests/process/fixture/check.h"

struct seen gramine_last;
struct ask gramine_inside;
enum ask_op gramine_raise_op;
uint64_t gramine_raise_value;

/* As handle_sync_signal(): interrupted in the enclave?  Then enter it. */
static void on_signal(int signum, siginfo_t *info, void *context)
{
	sigset_t blocked;

	victim_clear_ac();
	memset(&gramine_last, 0, sizeof(gramine_last));
	seen_record(&gramine_last, signum, info, context);
	CHECK_EQ(gramine_host_gs(), (uintptr_t)&gramine.tcb);
	if (!CHECK(gramine_last.rip >= (uintptr_t)gramine_aep &&
		   gramine_last.rip < (uintptr_t)gramine_ocall))
		check_fatal("signal %d outside the enclave", signum);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	CHECK_EQ(sigismember(&blocked, signum), 1);
	gramine_inside = (struct ask){ .op = gramine_raise_op,
				       .value = gramine_raise_value };
	gramine_raise(&gramine_inside);
	CHECK_EQ(gramine_inside.done, ASK_DONE);
}

void gramine_handle_all(void)
{
	static const int signals[] = { SIGFPE, SIGSEGV, SIGBUS,
				       SIGILL, SIGTERM, SIGCONT };

	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = SA_SIGINFO | SA_RESTART };

	/*
	 * No SA_NODEFER: each is blocked while its handler enters the enclave,
	 * and so are those that come from elsewhere.
	 */
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaddset(&sa.sa_mask, SIGCONT);
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ(sigaction(signals[i], &sa, NULL), 0);
}

/* The vector that EXITINFO has, for the signals that Gramine allows it. */
static const struct {
	enum fault fault;
	uint32_t vector;
	int sig, or_sig;
} exceptions[] = {
	{ FAULT_UD2, 6, SIGILL, SIGILL },
	{ FAULT_DIVIDE, 0, SIGFPE, SIGFPE },
	{ FAULT_X87, 16, SIGFPE, SIGFPE },
	{ FAULT_SSE, 19, SIGFPE, SIGFPE },
	{ FAULT_PAGE, 14, SIGSEGV, SIGBUS },
	{ FAULT_CANONICAL, 13, SIGSEGV, SIGBUS },
	{ FAULT_ALIGN, 17, SIGSEGV, SIGBUS },
};

static const char *exitinfo_and_signal(void)
{
	gramine_handle_all();
	gramine_raise_op = ASK_SKIP;
	for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]);
	     i++) {
		struct ask ask = { .op = ASK_FAULT,
				   .addr = 0x1000,
				   .fault = exceptions[i].fault };
		uint64_t aex = gramine.tcb.aex;

		gramine_last.sig = 0;
		CHECK(gramine_call(&ask));
		CHECK_EQ(gramine_inside.cssa, 1);
		CHECK_EQ(gramine_inside.frame.exitinfo,
			 0x80000300u | exceptions[i].vector);
		CHECK(gramine_last.sig == exceptions[i].sig ||
		      gramine_last.sig == exceptions[i].or_sig);
		CHECK_EQ(gramine.tcb.aex, aex + 1);
	}
	return NULL;
}

static const char *exinfo(void)
{
	struct ask ask = { .op = ASK_FAULT,
			   .fault = FAULT_PAGE,
			   .addr = 0x1234 };

	gramine_raise_op = ASK_SKIP;
	CHECK(gramine_call(&ask));
	CHECK_EQ(gramine_inside.exinfo.maddr & ~0xfffull, 0x1000);
	CHECK(gramine_inside.exinfo.errcd != 0);
	return NULL;
}

static const char *edited_frame(void)
{
	static uint8_t good = 0x5a;
	struct ask ask = { .op = ASK_FAULT,
			   .fault = FAULT_PAGE,
			   .addr = 0x2000 };

	/* RIP stays: ERESUME makes the read once more, elsewhere. */
	gramine_raise_op = ASK_EDIT_RCX;
	gramine_raise_value = (uint64_t)(uintptr_t)&good;
	CHECK(gramine_call(&ask));
	CHECK_EQ(gramine_inside.frame.rcx, gramine_raise_value);
	return NULL;
}

static void is_undefined(enum fault fault)
{
	struct ask ask = { .op = ASK_FAULT, .fault = fault };

	gramine_last.sig = 0;
	gramine_inside = (struct ask){ 0 };
	gramine_raise_op = ASK_SKIP;
	CHECK(gramine_call(&ask));
	CHECK_EQ(gramine_last.sig, SIGILL);
	CHECK_EQ(gramine_inside.frame.exitinfo, 0x80000306u);
}

static const char *forbidden(void)
{
	is_undefined(FAULT_SYSCALL);
	is_undefined(FAULT_IN);
	is_undefined(FAULT_OUT);
	is_undefined(FAULT_INSB);
	is_undefined(FAULT_OUTSB);
	return NULL;
}

/* Can this machine have CPUID fault?  See docs/DEVIATIONS.md, DJ3. */
static bool has_cpuid_fault(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	static char line[8192];
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file))
		has = !strncmp(line, "flags", 5) &&
		      strstr(line, " cpuid_fault");
	if (file)
		fclose(file);
	return has;
}

static const char *cpuid_forbidden(void)
{
	if (!has_cpuid_fault())
		return "this machine cannot make CPUID fault";
	is_undefined(FAULT_CPUID);
	return NULL;
}

static const char *xstate(void)
{
	struct ask ask = { .op = ASK_XSTATE };

	CHECK(gramine_call(&ask));
	CHECK_EQ(ask.value, 1);
	return NULL;
}

const struct fact gramine_exception_facts[] = {
	{ "EXITINFO agrees with the signal; entered from its handler",
	  exitinfo_and_signal },
	{ "EXINFO has address and error code of a #PF", exinfo },
	{ "what the enclave writes to SSA[0] is what ERESUME takes",
	  edited_frame },
	{ "SYSCALL, IN, OUT, INS and OUTS are #UD", forbidden },
	{ "CPUID is #UD", cpuid_forbidden },
	{ "XSAVE and XRSTOR by a mask of all ones", xstate },
	{ 0 }
};
