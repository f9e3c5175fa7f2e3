/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other processes send a signal of the processor's exceptions as fast as they
 * can, while this one makes system calls that swsgx answers itself, enters an
 * enclave, or blocks the signal.  It gets on, and each signal is told as it was
 * sent.  Passes natively too (argument "native": no enclave).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SENDERS 2
#define SECONDS 0.5

static struct enclave enclave = ENCLAVE_NONE;
static volatile pid_t sender[SENDERS];
static volatile unsigned long told, wrong;
static volatile pid_t from;
static pid_t self;

static bool is_sender(pid_t pid)
{
	for (int i = 0; i < SENDERS; i++)
		if (sender[i] == pid)
			return true;
	return false;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	told++;
	from = info->si_pid;
	wrong += info->si_signo != sig || info->si_errno ||
		 (info->si_code != SI_USER && info->si_code != SI_TKILL) ||
		 !is_sender(info->si_pid) || info->si_uid != getuid();
}

static void send_for_ever(int sig, bool to_thread)
{
	while (!(to_thread ? syscall(SYS_tgkill, self, self, sig) :
			     kill(self, sig)))
		;
	_exit(0);
}

/* The children wait until their ids are known. */
static void start(int sig, bool to_thread)
{
	int go[2];
	char c;

	CHECK_EQ(pipe(go), 0);
	told = wrong = 0;
	for (int i = 0; i < SENDERS; i++) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(go[1]);
			if (!read(go[0], &c, 1))
				send_for_ever(sig, to_thread && i);
			_exit(1);
		}
		sender[i] = pid;
	}
	close(go[0]);
	close(go[1]);
}

static void stop(void)
{
	for (int i = 0; i < SENDERS; i++) {
		kill(sender[i], SIGKILL);
		check_wait(sender[i]);
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Once: calls that trap, and their answers. */
static void call(int sig)
{
	struct sigaction action;
	sigset_t set, old;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, &old), 0);
	CHECK_EQ(sigismember(&old, SIGUSR1), 1);
	CHECK_EQ(sigaction(sig, NULL, &action), 0);
	CHECK(action.sa_sigaction == on_signal);
	CHECK_EQ(sigaction(sig, &action, NULL), 0);
	fd = open("/dev/null", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
}

static void enter(int sig)
{
	struct request r = { .op = OP_MIX, .value = 3 }, again = r;

	(void)sig;
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &again));
	CHECK_EQ(r.value, again.value);
}

static bool is_pending(int sig)
{
	sigset_t set;

	return !sigpending(&set) && sigismember(&set, sig) == 1;
}

/* At least until one has come. */
static unsigned long repeat(void (*what)(int), int sig)
{
	double end = now() + SECONDS;
	unsigned long n = 0;

	do {
		what(sig);
		n++;
	} while ((now() < end || (!told && !is_pending(sig))) &&
		 check_failures() < 10);
	return n;
}

static void flood(int sig, void (*what)(int))
{
	unsigned long n;

	/* DEVIATION DP53: a SIGSYS for the thread may replace a filter's */
	start(sig, sig != SIGSYS);
	n = repeat(what, sig);
	stop();
	printf("    signal %d: %lu taken, %lu rounds\n", sig, told, n);
	CHECK(told >= 1);
	CHECK_EQ(wrong, 0);
}

/* All that came while it was blocked are one. */
static void flood_blocked(int sig)
{
	unsigned long n;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	start(sig, false);
	n = repeat(call, sig);
	stop();
	printf("    signal %d blocked: %lu rounds\n", sig, n);
	CHECK_EQ(told, 0);
	CHECK(is_pending(sig));
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(told, 1);
	CHECK_EQ(wrong, 0);
}

/* Of two that wait, the first is told. */
static void first_of_two(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	told = wrong = 0;
	for (int i = 0; i < SENDERS; i++) {
		sender[i] = fork();
		if (!sender[i])
			_exit(kill(self, sig) != 0);
		CHECK_EQ(check_wait(sender[i]), 0);
	}
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(told, 1);
	CHECK_EQ(from, sender[0]);
	CHECK_EQ(wrong, 0);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGTRAP, SIGILL, SIGFPE,
				       SIGSEGV, SIGBUS, SIGSYS };
	bool native = argc > 1 && !strcmp(argv[1], "native");

	check_timeout(100);
	self = getpid();
	if (!native)
		victim_build(&enclave);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int sig = signals[i];

		victim_handle(sig, on_signal, SA_RESTART);
		check_section("a flood of signals during system calls");
		flood(sig, call);
		check_section("a flood of signals that are blocked");
		flood_blocked(sig);
		check_section("the first of two");
		first_of_two(sig);
		if (native)
			continue;
		check_section("a flood of signals around an enclave");
		flood(sig, enter);
	}
	if (!native)
		enclave_destroy(&enclave);
	return check_result();
}
