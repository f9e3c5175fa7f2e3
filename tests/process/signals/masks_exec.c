/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What execve(2) keeps of signals (the mask, what is pending, what is ignored)
 * and what it resets (handlers); and signals taken without a handler, by
 * sigtimedwait(2) and signalfd(2).  Must pass natively too.
 */
#define _GNU_SOURCE
#include "tests/process/fixture/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const int signals[] = {
	SIGUSR1, SIGSEGV, SIGILL, SIGTRAP, SIGSYS, SIGBUS
};
#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static void nothing(int sig)
{
	(void)sig;
}

/* "what: signal", for the failures' sake. */
static void section(const char *what, int sig)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s: SIG%s", what, sigabbrev_np(sig));
	check_section(name);
}

static sigset_t only(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static void taken_by_sigtimedwait(int sig)
{
	struct timespec soon = { .tv_nsec = 10 * 1000 * 1000 };
	sigset_t set = only(sig), now;
	union sigval value = { .sival_int = 4711 };
	siginfo_t info;

	section("sigtimedwait()", sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_FAILS(sigtimedwait(&set, &info, &soon), EAGAIN);
	CHECK_EQ(sigqueue(getpid(), sig, value), 0);
	CHECK_EQ(sigtimedwait(&set, &info, &soon), sig);
	CHECK_EQ(info.si_signo, sig);
	CHECK_EQ(info.si_code, SI_QUEUE);
	CHECK_EQ(info.si_value.sival_int, 4711);
	CHECK_EQ(info.si_pid, getpid());
	sigpending(&now);
	CHECK(!sigismember(&now, sig));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Those that an exception raises: DEVIATION DP3, no signalfd for them. */
static bool synchronous(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGILL ||
	       sig == SIGFPE || sig == SIGTRAP || sig == SIGSYS;
}

static void taken_by_signalfd(int sig)
{
	sigset_t set = only(sig);
	struct signalfd_siginfo info = { 0 };
	struct pollfd p = { .events = POLLIN };

	section("signalfd()", sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	raise(sig);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(read(p.fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, sig);
	CHECK_EQ(info.ssi_pid, getpid());
	close(p.fd);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void prepare_for_exec(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGILL);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTRAP, SIG_IGN);
	signal(SIGBUS, nothing);
	signal(SIGSYS, nothing);
	signal(SIGUSR2, nothing);
	raise(SIGUSR2);
}

static void exec_again(void)
{
	prepare_for_exec();
	execl("/proc/self/exe", "masks_exec", "after", NULL);
	check_fatal("execl: %s", strerror(errno));
}

static bool has_default(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL;
}

static bool is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

/* The new image: what it sees is what execve() left. */
static int after_exec(void)
{
	sigset_t mask, waiting;

	check_section("after execve()");
	check_timeout(20);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&waiting);
	CHECK(sigismember(&mask, SIGUSR2) == 1);
	CHECK(sigismember(&mask, SIGILL) == 1);
	CHECK(sigismember(&mask, SIGSEGV) == 1);
	CHECK(sigismember(&mask, SIGSYS) == 0);
	CHECK(sigismember(&mask, SIGTRAP) == 0);
	CHECK(sigismember(&mask, SIGUSR1) == 0);
	CHECK(sigismember(&waiting, SIGUSR2) == 1);
	CHECK(is_ignored(SIGHUP));
	CHECK(is_ignored(SIGTRAP));
	CHECK(has_default(SIGBUS));
	CHECK(has_default(SIGSYS));
	CHECK(has_default(SIGUSR2));
	CHECK(has_default(SIGSEGV));
	CHECK(has_default(SIGILL));
	return check_result();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "after"))
		return after_exec();
	check_timeout(30);
	for (unsigned i = 0; i < NR_SIGNALS; i++) {
		taken_by_sigtimedwait(signals[i]);
		if (!synchronous(signals[i]))
			taken_by_signalfd(signals[i]);
	}
	CHECK(check_exited_well(check_in_child(exec_again, 20)));
	return check_result();
}
