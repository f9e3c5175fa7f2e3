/* SPDX-License-Identifier: BSD-3-Clause */
/* Exceptions by signal, at the uRTS's own EENTER and AEP. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"

struct seen sdk_last;
static unsigned sigills;

static void see(int sig, siginfo_t *info, void *context)
{
	victim_clear_ac();
	memset(&sdk_last, 0, sizeof(sdk_last));
	seen_record(&sdk_last, sig, info, context);
}

static bool at_aep(void)
{
	return CHECK_EQ(sdk_last.rip, (uintptr_t)urts_aep) &&
	       CHECK_EQ(sdk_last.rax, ENCLU_ERESUME) &&
	       CHECK_EQ(sdk_last.rbx, sdk_enclave.tcs[0]);
}

/* The handler makes an ECALL for the exception; the AEP resumes. */
static void ecall_from_handler(int sig, siginfo_t *info, void *context)
{
	struct ask ask = { .op = ASK_SKIP };

	see(sig, info, context);
	if (!at_aep())
		check_fatal("a fault elsewhere: signal %d", sig);
	urts_enter(sdk_last.rbx, &ask);
	CHECK_EQ(ask.done, ASK_DONE);
	CHECK_EQ(ask.cssa, 1);
}

/* With AEX-Notify: the AEP's ENCLU is made an EENTER, with arguments. */
static struct ask notified;

static void eenter_at_aep(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	see(sig, info, context);
	if (!at_aep())
		check_fatal("a fault elsewhere: signal %d", sig);
	notified = (struct ask){ .op = ASK_SKIP };
	regs[REG_RAX] = ENCLU_EENTER;
	regs[REG_RDI] = (greg_t)(uintptr_t)&notified;
	regs[REG_RSI] = 0x1234;
}

/* The uRTS's flags, and mask: the present one without these five. */
void sdk_handle_all(void (*handler)(int, siginfo_t *, void *))
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };

	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], handler,
			      SA_NODEFER | SA_RESTART | SA_ONSTACK);
}

void sdk_default_all(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };

	for (unsigned i = 0; i < 5; i++)
		signal(signals[i], SIG_DFL);
}

static const struct {
	enum fault fault;
	int sig;
} raw_faults[] = {
	{ FAULT_UD2, SIGILL },   { FAULT_DIVIDE, SIGFPE },
	{ FAULT_X87, SIGFPE },   { FAULT_SSE, SIGFPE },
	{ FAULT_PAGE, SIGSEGV }, { FAULT_CANONICAL, SIGSEGV },
	{ FAULT_ALIGN, SIGBUS },
};

static const char *exception_ecall(void)
{
	sdk_handle_all(ecall_from_handler);
	for (unsigned i = 0; i < sizeof(raw_faults) / sizeof(raw_faults[0]);
	     i++) {
		struct ask ask = { .op = ASK_FAULT,
				   .fault = raw_faults[i].fault };

		sdk_last.sig = 0;
		urts_enter(sdk_enclave.tcs[0], &ask);
		CHECK_EQ(ask.done, ASK_DONE);
		CHECK_EQ(sdk_last.sig, raw_faults[i].sig);
	}
	sdk_default_all();
	return NULL;
}

static const char *aep_becomes_eenter(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_UD2 };

	sdk_handle_all(eenter_at_aep);
	urts_enter(sdk_enclave.tcs[0], &ask);
	CHECK_EQ(notified.done, ASK_DONE);
	CHECK_EQ(notified.cssa, 1);
	CHECK_EQ(ask.done, ASK_DONE);
	sdk_default_all();
	return NULL;
}

/* The handler ends the call: RIP to the return place, the error in RSI. */
void sdk_lost_at_eenter(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	see(sig, info, context);
	if (!CHECK_EQ(sdk_last.rip, (uintptr_t)urts_eenterp) ||
	    !CHECK_EQ(sdk_last.rax, ENCLU_EENTER))
		check_fatal("a fault elsewhere: signal %d", sig);
	regs[REG_RIP] = (greg_t)(uintptr_t)urts_eretp;
	regs[REG_RSI] = 0x1006;
}

static const char *fault_at_eenter(void)
{
	struct ask ask = { .op = ASK_NOTHING };
	void *tcs = (void *)(uintptr_t)sdk_enclave.tcs[7];

	sdk_handle_all(sdk_lost_at_eenter);
	CHECK_EQ(mprotect(tcs, 4096, PROT_NONE), 0);
	CHECK_EQ(urts_enter(sdk_enclave.tcs[7], &ask), 0x1006);
	CHECK_EQ(sdk_last.sig, SIGSEGV);
	CHECK_EQ(sdk_last.rbx, sdk_enclave.tcs[7]);
	CHECK_EQ(mprotect(tcs, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(urts_enter(sdk_enclave.tcs[7], &ask), 0);
	CHECK_EQ(ask.done, ASK_DONE);
	sdk_default_all();
	return NULL;
}

static void count_sigill(int sig, siginfo_t *info, void *context)
{
	see(sig, info, context);
	sigills++;
}

static const char *no_sigill_at_eenter(void)
{
	sdk_handle_all(count_sigill);
	for (unsigned i = 0; i < 5000; i++) {
		struct ask ask = { .op = ASK_NOTHING };

		urts_enter(sdk_enclave.tcs[i % 8], &ask);
		if (ask.done != ASK_DONE)
			CHECK(!"came back");
	}
	CHECK_EQ(sigills, 0);
	sdk_default_all();
	return NULL;
}

const struct fact sdk_signal_facts[] = {
	{ "without it, a handler at the AEP makes the exception's ECALL",
	  exception_ecall },
	{ "a handler turns the AEP's ERESUME into EENTER; RDI, RSI survive",
	  aep_becomes_eenter },
	{ "a fault of EENTER is at the ENCLU, RAX being 2", fault_at_eenter },
	{ "a good EENTER never raises a signal", no_sigill_at_eenter },
	{ 0 }
};
