/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signal masks and dispositions as signal(7) and sigaction(2) describe them,
 * for every blockable signal, those included that a debugger or an emulator
 * would like to keep for itself.  Has nothing to do with SGX: it must pass
 * natively too.
 */
#define _GNU_SOURCE
#include "tests/process/fixture/check.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int signals[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGSEGV, SIGILL,
			       SIGTRAP, SIGSYS,  SIGBUS,  SIGFPE,  SIGTERM };
#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught, last;
static sigset_t mask_in_handler, mask_interrupted;

static void catch (int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	caught++;
	last = sig;
	pthread_sigmask(SIG_SETMASK, NULL, &mask_in_handler);
	mask_interrupted = uc->uc_sigmask;
}

static void handle(int sig, int flags, int also_mask)
{
	struct sigaction sa = { .sa_sigaction = catch,
				.sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	if (also_mask)
		sigaddset(&sa.sa_mask, also_mask);
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void block_only(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	if (sig)
		sigaddset(&set, sig);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
}

static bool blocked(int sig)
{
	sigset_t set;

	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
	return sigismember(&set, sig);
}

static bool pending(int sig)
{
	sigset_t set;

	CHECK_EQ(sigpending(&set), 0);
	return sigismember(&set, sig);
}

/* What one asked to block is what one sees, less what cannot be blocked. */
static void full_mask(void)
{
	sigset_t all, old, now;

	check_section("full mask");
	sigfillset(&all);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &all, &old), 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &old, &now), 0);
	for (int sig = 1; sig < SIGRTMAX; sig++) {
		bool can = sig != SIGKILL && sig != SIGSTOP &&
			   (sig < 32 || sig >= SIGRTMIN);

		if (can)
			CHECK(sigismember(&now, sig) == 1);
	}
	CHECK(!sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP));
	CHECK_FAILS(sigprocmask(99, &all, NULL), EINVAL);
	block_only(0);
	CHECK(!blocked(SIGSEGV) && !blocked(SIGILL) && !blocked(SIGSYS));
}

/* "what: signal", for the failures' sake. */
static void section(const char *what, int sig)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s: SIG%s", what, sigabbrev_np(sig));
	check_section(name);
}

static void add_and_remove(void)
{
	sigset_t set;

	check_section("block and unblock");
	block_only(SIGUSR2);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK(blocked(SIGUSR2) && blocked(SIGSEGV));
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK(blocked(SIGUSR2) && !blocked(SIGSEGV));
	block_only(0);
}

static void held_back(int sig)
{
	section("held back while blocked", sig);
	handle(sig, 0, 0);
	caught = 0;
	block_only(sig);
	CHECK_EQ(raise(sig), 0);
	CHECK_EQ(caught, 0);
	CHECK(pending(sig));
	CHECK_EQ(raise(sig), 0);
	block_only(0);
	CHECK_EQ(caught, 1);
	CHECK_EQ(last, sig);
	CHECK(!pending(sig));
}

static void mask_of_handler(int sig)
{
	section("mask inside a handler", sig);
	block_only(SIGHUP);
	handle(sig, 0, SIGUSR2);
	raise(sig);
	CHECK(sigismember(&mask_in_handler, sig) == 1);
	CHECK(sigismember(&mask_in_handler, SIGUSR2) == 1);
	CHECK(sigismember(&mask_in_handler, SIGHUP) == 1);
	CHECK(sigismember(&mask_interrupted, sig) == 0);
	CHECK(sigismember(&mask_interrupted, SIGHUP) == 1);
	CHECK(!blocked(sig) && blocked(SIGHUP));

	handle(sig, SA_NODEFER, 0);
	raise(sig);
	CHECK(sigismember(&mask_in_handler, sig) == 0);
	block_only(0);
}

static void once_only(int sig)
{
	struct sigaction sa;

	section("SA_RESETHAND", sig);
	caught = 0;
	handle(sig, SA_RESETHAND, 0);
	raise(sig);
	CHECK_EQ(caught, 1);
	CHECK_EQ(sigaction(sig, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
}

static void action_read_back(int sig)
{
	struct sigaction sa;

	section("sigaction() reads back", sig);
	handle(sig, SA_RESTART | SA_NODEFER, SIGHUP);
	CHECK_EQ(sigaction(sig, NULL, &sa), 0);
	CHECK(sa.sa_sigaction == catch);
	CHECK_EQ(sa.sa_flags & ~0x04000000,
		 SA_SIGINFO | SA_RESTART | SA_NODEFER);
	CHECK(sigismember(&sa.sa_mask, SIGHUP) == 1);
	CHECK(sigismember(&sa.sa_mask, SIGUSR1) == 0);
	CHECK(signal(sig, SIG_IGN) != SIG_ERR);
	CHECK(signal(sig, SIG_DFL) == SIG_IGN);
	CHECK_EQ(sigaction(sig, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
}

static void ignoring(int sig)
{
	section("ignored signals", sig);
	CHECK(signal(sig, SIG_IGN) != SIG_ERR);
	raise(sig);
	block_only(sig);
	raise(sig);
	/* A blocked one waits all the same: Linux sig_ignored(). */
	CHECK(pending(sig));
	handle(sig, 0, 0);
	caught = 0;
	/* To ignore a pending signal is to discard it. */
	CHECK(signal(sig, SIG_IGN) != SIG_ERR);
	CHECK(!pending(sig));
	block_only(0);
	CHECK_EQ(caught, 0);
	CHECK(signal(sig, SIG_DFL) != SIG_ERR);
}

static void bad_arguments(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	check_section("bad arguments");
	CHECK_FAILS(sigaction(SIGKILL, &sa, NULL), EINVAL);
	CHECK_FAILS(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	CHECK_FAILS(sigaction(0, &sa, NULL), EINVAL);
	CHECK_FAILS(sigaction(65, &sa, NULL), EINVAL);
	CHECK_FAILS(kill(getpid(), 65), EINVAL);
	CHECK_EQ(kill(getpid(), 0), 0);
}

/* ppoll(), pselect() and sigsuspend() swap the mask while they wait. */
static void waits_with_mask(int sig)
{
	struct timespec long_time = { .tv_sec = 20 };
	sigset_t none;

	section("waits with a mask", sig);
	sigemptyset(&none);
	handle(sig, 0, 0);
	block_only(sig);
	caught = 0;
	raise(sig);
	CHECK_FAILS(ppoll(NULL, 0, &long_time, &none), EINTR);
	CHECK_EQ(caught, 1);
	CHECK(blocked(sig));
	raise(sig);
	CHECK_FAILS(pselect(0, NULL, NULL, NULL, &long_time, &none), EINTR);
	CHECK_EQ(caught, 2);
	CHECK(blocked(sig));
	raise(sig);
	CHECK_FAILS(sigsuspend(&none), EINTR);
	CHECK_EQ(caught, 3);
	CHECK(blocked(sig));
	CHECK(sigismember(&mask_interrupted, sig) == 1);
	block_only(0);
}

static void no_signal_while_masked(int sig)
{
	struct timespec short_time = { .tv_nsec = 20 * 1000 * 1000 };
	sigset_t set;

	section("waits that mask the signal", sig);
	handle(sig, 0, 0);
	block_only(sig);
	caught = 0;
	raise(sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(ppoll(NULL, 0, &short_time, &set), 0);
	CHECK_EQ(pselect(0, NULL, NULL, NULL, &short_time, &set), 0);
	CHECK_EQ(caught, 0);
	block_only(0);
	CHECK_EQ(caught, 1);
}

static void *writer(void *fd)
{
	usleep(150 * 1000);
	CHECK_EQ(write(*(int *)fd, "x", 1), 1);
	return NULL;
}

/* Only the main thread may take SIGALRM, or the wrong call is interrupted. */
static void start_writer(pthread_t *thread, int *fd)
{
	block_only(SIGALRM);
	CHECK_EQ(pthread_create(thread, NULL, writer, fd), 0);
	block_only(0);
}

static void restarting(void)
{
	struct itimerval soon = { .it_value.tv_usec = 50 * 1000 };
	pthread_t thread;
	int pipes[2];
	char c = 0;

	check_section("SA_RESTART");
	if (pipe(pipes))
		check_fatal("pipe");
	handle(SIGALRM, SA_RESTART, 0);
	caught = 0;
	start_writer(&thread, &pipes[1]);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK_EQ(read(pipes[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(caught, 1);
	pthread_join(thread, NULL);

	check_section("EINTR");
	handle(SIGALRM, 0, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK_FAILS(read(pipes[0], &c, 1), EINTR);
	CHECK_EQ(caught, 2);
	close(pipes[0]);
	close(pipes[1]);
}

static void *mask_of_new_thread(void *sig)
{
	CHECK(blocked(*(int *)sig));
	block_only(0);
	CHECK(!blocked(*(int *)sig));
	return NULL;
}

static void per_thread(int sig)
{
	pthread_t thread;
	int status;
	pid_t pid;

	section("a mask belongs to a thread", sig);
	block_only(sig);
	CHECK_EQ(pthread_create(&thread, NULL, mask_of_new_thread, &sig), 0);
	pthread_join(thread, NULL);
	CHECK(blocked(sig));
	pid = fork();
	if (!pid)
		_exit(blocked(sig) && !pending(sig) ? 0 : 1);
	status = check_wait(pid);
	CHECK(check_exited_well(status));
	block_only(0);
}

static void unblock_on_return(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
	sigaddset(&uc->uc_sigmask, SIGILL);
	sigdelset(&uc->uc_sigmask, SIGHUP);
}

static void handler_edits_mask(void)
{
	struct sigaction sa = { .sa_sigaction = unblock_on_return,
				.sa_flags = SA_SIGINFO };

	check_section("uc_sigmask edited by a handler");
	block_only(SIGHUP);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(blocked(SIGUSR2) && blocked(SIGILL) && !blocked(SIGHUP));
	block_only(0);
}

static void check_every_signal(void)
{
	for (unsigned i = 0; i < NR_SIGNALS; i++) {
		held_back(signals[i]);
		mask_of_handler(signals[i]);
		once_only(signals[i]);
		action_read_back(signals[i]);
		ignoring(signals[i]);
		waits_with_mask(signals[i]);
		no_signal_while_masked(signals[i]);
		per_thread(signals[i]);
	}
}

int main(void)
{
	check_timeout(20);
	full_mask();
	add_and_remove();
	check_every_signal();
	bad_arguments();
	restarting();
	handler_edits_mask();
	return check_result();
}
