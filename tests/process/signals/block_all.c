/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fault that a thread has blocked, or ignores, kills the process: Linux
 * force_sig_info_to_task().  So it is for faults inside the enclave entered by
 * own ENCLU.  Through the vDSO there is no signal, so nothing to block.  And
 * signals that are merely sent wait until they are unblocked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

/* A child killed inside leaves the TCS interrupted: each has its own. */
static struct enclave enclave = ENCLAVE_NONE;
static enum enclave_op op;
static bool ignore;
static volatile int alarms;

static void never(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	check_fatal("handler of signal %d called though it is blocked", sig);
}

static void block_everything(void)
{
	sigset_t all;

	sigfillset(&all);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &all, NULL), 0);
}

static void fault_blocked(void)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGFPE, SIGBUS };
	struct request r = { .op = op };

	victim_build(&enclave);
	for (unsigned i = 0; i < 4; i++) {
		if (ignore)
			signal(signals[i], SIG_IGN);
		else
			victim_handle(signals[i], never, 0);
	}
	if (!ignore)
		block_everything();
	victim_call(&enclave, 0, BY_ENCLU, &r);
	check_fatal("the enclave came back");
}

static void killed(const char *name, enum enclave_op what, int sig)
{
	int status;

	check_section(name);
	op = what;
	status = check_in_child(fault_blocked, 10);
	if (CHECK(status != -1 && WIFSIGNALED(status)))
		CHECK_EQ(WTERMSIG(status), sig);
}

static void all_killed(bool how)
{
	CHECK_ROW("signals and the enclave",
		  "kernel/signal.c force_sig_info_to_task()",
		  "an exception inside, its signal blocked or ignored",
		  "kills the process");
	ignore = how;
	killed("ud2", OP_UD2, SIGILL);
	killed("div", OP_DIVIDE, SIGFPE);
	killed("own TCS", OP_TCS_WRITE, SIGSEGV);
	killed("EENTER inside", OP_ENCLU_EENTER, SIGSEGV);
}

/* No handler and not blocked: the default action. */
static void fault_by_default(void)
{
	struct request r = { .op = op };

	victim_build(&enclave);
	victim_call(&enclave, 0, BY_ENCLU, &r);
	check_fatal("the enclave came back");
}

static void default_action(void)
{
	int status;

	CHECK_ROW("signals and the enclave",
		  "kernel/signal.c force_sig_info_to_task()",
		  "an exception inside, no handler", "the default action");
	check_section("no handler");
	op = OP_TCS_READ;
	status = check_in_child(fault_by_default, 10);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSEGV);
	op = OP_UD2;
	status = check_in_child(fault_by_default, 10);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGILL);
}

static void by_vdso(void)
{
	struct request r = { .op = OP_TCS_WRITE };
	struct enclave_exit exit;

	victim_build(&enclave);
	block_everything();
	exit = victim_enter(&enclave, 1, &r);
	CHECK_EQ(exit.vector, 14);
	CHECK_EQ(exit.error_code, 0x8007);
	r.op = OP_UD2;
	exit = victim_enter(&enclave, 2, &r);
	CHECK_EQ(exit.vector, 6);
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Timers fire while the mask is full: one signal is left pending. */
static void sent_signals_wait(enum victim_way way)
{
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct request r = { .op = OP_MIX, .value = 1000000 };
	uint64_t want = mix(1000000, 0);
	sigset_t all, old;

	CHECK_ROW("signals and the enclave", "kernel/signal.c",
		  "a signal is sent, and blocked",
		  "waits; the enclave goes on");
	check_section("sent while blocked");
	alarms = 0;
	CHECK(signal(SIGALRM, on_alarm) != SIG_ERR);
	sigfillset(&all);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &all, &old), 0);
	setitimer(ITIMER_REAL, &every, NULL);
	CHECK(victim_call(&enclave, 0, way, &r));
	CHECK_EQ(r.value, want);
	usleep(2000);
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK_EQ(alarms, 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	CHECK_EQ(alarms, 1);
}

static void spin_for_ever(void)
{
	static struct request spin = { .op = OP_SPIN };

	victim_build(&enclave);
	block_everything();
	victim_call(&enclave, 0, BY_ENCLU, &spin);
}

/* SIGKILL needs nobody's leave. */
static void killed_inside(void)
{
	int status;

	CHECK_ROW("signals and the enclave", "kernel/signal.c", "SIGKILL",
		  "kills a thread inside");
	check_section("SIGKILL while inside");
	status = check_in_child(spin_for_ever, 1);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	struct rlimit none = { 0, 0 };

	check_timeout(45);
	setrlimit(RLIMIT_CORE, &none);
	victim_build(&enclave);
	all_killed(false);
	all_killed(true);
	default_action();
	sent_signals_wait(BY_ENCLU);
	if (enclave_vdso()) {
		CHECK_ROW(
			"signals and the enclave",
			"arch/x86/entry/vdso/extable.c",
			"an exception inside, by the vDSO, all signals blocked",
			"is returned");
		check_section("by the vDSO");
		CHECK(check_exited_well(check_in_child(by_vdso, 10)));
		sent_signals_wait(BY_VDSO);
	}
	killed_inside();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
