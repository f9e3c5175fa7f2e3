/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A library OS's way: the handler of a fault inside the enclave enters the
 * enclave again, by its own ENCLU, while that signal (or every signal) is
 * blocked; the enclave mends its interrupted state; returning from the handler
 * goes to the AEP, and on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define REPEATS 300

static struct enclave enclave = ENCLAVE_NONE;
static struct request edit, look;
static volatile unsigned handled;
static volatile int expected_signal;

static bool is_blocked(int sig)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, sig) == 1;
}

static void mend_inside(int sig, siginfo_t *info, void *context)
{
	struct seen seen = { 0 };

	handled++;
	seen_record(&seen, sig, info, context);
	CHECK_EQ(sig, expected_signal);
	CHECK(is_blocked(sig));
	seen_check_aex(&seen, enclave.tcs[0],
		       (uint64_t)(uintptr_t)enclave_raw_aep);
	look = (struct request){ .op = OP_LOOK };
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &look));
	CHECK_EQ(look.cssa, 1);
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &edit));
	CHECK(is_blocked(sig));
}

static void fault_and_mend(enum enclave_op op, int sig, uint64_t addr)
{
	struct request r = { .op = op, .addr = addr };

	expected_signal = sig;
	handled = 0;
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &r));
	CHECK_EQ(handled, 1);
}

/* Skipping an instruction, and retrying it with another register. */
static void every_fault(void)
{
	static uint8_t good = 0x77;

	edit = (struct request){ .op = OP_EDIT, .value = 2 };
	fault_and_mend(OP_UD2, SIGILL, 0);
	fault_and_mend(OP_SYSCALL, SIGILL, 0);
	fault_and_mend(OP_DIVIDE, SIGFPE, 0);
	fault_and_mend(OP_TCS_WRITE, SIGSEGV, 0);
	edit = (struct request){ .op = OP_EDIT,
				 .flags = 1,
				 .count = (uint64_t)(uintptr_t)&good };
	fault_and_mend(OP_READ, SIGSEGV, 0x1000);
	CHECK_EQ(look.frame.exitinfo, 0x8000030eu);
	CHECK_EQ(look.frame.rcx, 0x1000);
}

static void with_handlers(const char *name, int flags, bool mask_all)
{
	static const int signals[] = { SIGILL, SIGFPE, SIGSEGV, SIGBUS };

	CHECK_ROW("signals and the enclave",
		  "SDM \"EENTER\", \"ERESUME\", Operation",
		  "a handler of an exception inside enters the enclave",
		  "CSSA 1; what it makes of SSA[0] is resumed");
	check_section(name);
	for (unsigned i = 0; i < 4; i++) {
		struct sigaction sa = { .sa_sigaction = mend_inside,
					.sa_flags = SA_SIGINFO | flags };

		if (mask_all)
			sigfillset(&sa.sa_mask);
		CHECK_EQ(sigaction(signals[i], &sa, NULL), 0);
	}
	for (unsigned i = 0; i < REPEATS; i++)
		every_fault();
}

/* ENCLU raises no signal that a mask could hold back. */
static void with_signals_blocked(void)
{
	struct request r = { .op = OP_BASES };
	sigset_t all, old;

	CHECK_ROW("signals and the enclave", "SDM \"EENTER\", Operation",
		  "EENTER and EEXIT, all signals blocked", "raise none");
	check_section("entered with all signals blocked");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < REPEATS; i++) {
		CHECK(victim_call(&enclave, i % 8, BY_ENCLU, &r));
		CHECK_EQ(r.value, i % 8);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Another TCS, from a handler of a signal that has nothing to do with it. */
static void enter_other(int sig, siginfo_t *info, void *context)
{
	struct request r = { .op = OP_BASES };

	(void)info;
	(void)context;
	handled++;
	CHECK(is_blocked(sig));
	CHECK(victim_call(&enclave, 5, BY_ENCLU, &r));
	CHECK_EQ(r.value, 5);
}

static void from_a_raised_signal(void)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGTRAP, SIGSYS,
				       SIGUSR1 };

	CHECK_ROW("signals and the enclave", "SDM \"EENTER\", Operation",
		  "a handler of raise() enters", "works");
	check_section("entered from the handler of raise()");
	for (unsigned i = 0; i < 5; i++) {
		handled = 0;
		victim_handle(signals[i], enter_other, 0);
		raise(signals[i]);
		CHECK_EQ(handled, 1);
	}
}

int main(void)
{
	check_timeout(45);
	victim_build(&enclave);
	with_signals_blocked();
	with_handlers("the signal blocked", 0, false);
	with_handlers("every signal blocked", SA_RESTART, true);
	from_a_raised_signal();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
