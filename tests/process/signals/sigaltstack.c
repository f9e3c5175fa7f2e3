/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sigaltstack(2) as a program sees it: where handlers run, what uc_stack and
 * the call report, SS_AUTODISARM, nesting, threads, fork.  Has nothing to do
 * with SGX: it must pass natively too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

#define SIZE (64 * 1024)

static char stack[SIZE] __attribute__((aligned(64)));
static char other[SIZE] __attribute__((aligned(64)));
static volatile int handled;
static volatile bool nest;
static uintptr_t outer;
static stack_t reported, in_frame;
static int change_error;

static bool within(const void *p, const char *area)
{
	return (uintptr_t)p - (uintptr_t)area < SIZE;
}

static void set(char *area, size_t size, int flags)
{
	stack_t ss = { .ss_sp = area, .ss_size = size, .ss_flags = flags };

	CHECK_EQ(sigaltstack(&ss, NULL), 0);
}

static void unset(void)
{
	set(NULL, 0, SS_DISABLE);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	stack_t ss = { .ss_sp = other, .ss_size = SIZE };
	char here;

	(void)info;
	handled++;
	in_frame = uc->uc_stack;
	sigaltstack(NULL, &reported);
	change_error = sigaltstack(&ss, NULL) ? errno : 0;
	if (!within(&here, stack))
		check_fatal("signal %d: not on the alternate stack", sig);
	if (nest) {
		nest = false;
		outer = (uintptr_t)&here;
		raise(SIGUSR2);
		CHECK((uintptr_t)&here == outer);
	} else if (outer) {
		CHECK((uintptr_t)&here < outer);
	}
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *),
		   int flags)
{
	struct sigaction sa = { .sa_sigaction = handler,
				.sa_flags = SA_SIGINFO | flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void on_alternate_stack(void)
{
	stack_t now;

	check_section("on the alternate stack");
	set(stack, SIZE, 0);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, 0);
	CHECK(now.ss_sp == stack);
	CHECK_EQ(now.ss_size, SIZE);
	handle(SIGUSR1, on_signal, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(reported.ss_flags, SS_ONSTACK);
	CHECK(reported.ss_sp == stack);
	CHECK(in_frame.ss_sp == stack);
	CHECK_EQ(in_frame.ss_size, SIZE);
	CHECK_EQ(in_frame.ss_flags & SS_DISABLE, 0);
	CHECK_EQ(change_error, EPERM);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, 0);
}

static void nested(void)
{
	check_section("nested");
	handle(SIGUSR2, on_signal, SA_ONSTACK);
	handled = 0;
	nest = true;
	raise(SIGUSR1);
	CHECK_EQ(handled, 2);
	outer = 0;
}

static volatile bool was_within;

static void on_plain(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)info;
	in_frame = ((ucontext_t *)context)->uc_stack;
	was_within = within(&here, stack);
	handled++;
}

static void without_the_flag(void)
{
	check_section("without SA_ONSTACK");
	handle(SIGHUP, on_plain, 0);
	raise(SIGHUP);
	CHECK(!was_within);
	CHECK(in_frame.ss_sp == stack);
}

static void autodisarm(void)
{
	stack_t now;

	check_section("SS_AUTODISARM");
	unset();
	set(stack, SIZE, (int)SS_AUTODISARM);
	handled = 0;
	raise(SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(reported.ss_flags, SS_DISABLE);
	CHECK_EQ(change_error, 0);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK(now.ss_sp == stack);
	CHECK_EQ((unsigned)now.ss_flags, SS_AUTODISARM);
	unset();
}

static void bad_arguments(void)
{
	stack_t small = { .ss_sp = stack, .ss_size = 100 };
	stack_t odd = { .ss_sp = stack, .ss_size = SIZE, .ss_flags = 64 };
	stack_t now;

	check_section("bad arguments");
	CHECK_FAILS(sigaltstack(&small, NULL), ENOMEM);
	CHECK_FAILS(sigaltstack(&odd, NULL), EINVAL);
	CHECK_FAILS(sigaltstack((void *)8, NULL), EFAULT);
	unset();
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, SS_DISABLE);
	handle(SIGHUP, on_plain, SA_ONSTACK);
	raise(SIGHUP);
	CHECK(!was_within);
}

static void *new_thread(void *unused)
{
	stack_t now;

	(void)unused;
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, SS_DISABLE);
	return NULL;
}

static void in_fork(void)
{
	handled = 0;
	raise(SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(reported.ss_flags, SS_ONSTACK);
}

static void inheritance(void)
{
	pthread_t thread;

	check_section("threads and fork");
	set(stack, SIZE, 0);
	CHECK_EQ(pthread_create(&thread, NULL, new_thread, NULL), 0);
	pthread_join(thread, NULL);
	CHECK(check_exited_well(check_in_child(in_fork, 10)));
}

static sigjmp_buf way_out;

static void on_overflow(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)context;
	CHECK_EQ(sig, SIGSEGV);
	CHECK(info->si_addr != NULL);
	CHECK(within(&here, stack));
	siglongjmp(way_out, 1);
}

__attribute__((noinline, noclone)) static int recurse(volatile char *above)
{
	volatile char frame[4096];

	frame[0] = above[0];
	return frame[0] ? recurse(frame) + frame[0] : 0;
}

static void *overflow(void *unused)
{
	volatile char start = 1;

	(void)unused;
	set(stack, SIZE, 0);
	if (!sigsetjmp(way_out, 1))
		recurse(&start);
	else
		handled = 100;
	unset();
	return NULL;
}

static void stack_overflow(void)
{
	pthread_t thread;

	check_section("stack overflow");
	handle(SIGSEGV, on_overflow, SA_ONSTACK);
	CHECK_EQ(pthread_create(&thread, NULL, overflow, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(handled, 100);
}

int main(void)
{
	check_timeout(30);
	on_alternate_stack();
	nested();
	without_the_flag();
	autodisarm();
	bad_arguments();
	inheritance();
	unset();
	stack_overflow();
	return check_result();
}
