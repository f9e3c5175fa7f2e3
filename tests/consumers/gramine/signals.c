/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals from elsewhere: in the enclave, and in a blocking system call. */
#define _GNU_SOURCE
#include "tests/consumers/gramine/gramine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

static struct ask spinner;

static void *send_signals(void *to)
{
	const pthread_t *thread = to;

	while (!spinner.started)
		sched_yield();
	for (unsigned i = 0; i < 10; i++) {
		pthread_kill(*thread, i % 2 ? SIGTERM : SIGCONT);
		usleep(2000);
	}
	spinner.flag = 1;
	return NULL;
}

static const char *async_in_enclave(void)
{
	pthread_t me = pthread_self(), other;
	uint64_t aex = gramine.tcb.aex;

	spinner = (struct ask){ .op = ASK_SPIN };
	gramine_inside = (struct ask){ 0 };
	gramine_raise_op = ASK_LOOK;
	CHECK_EQ(pthread_create(&other, NULL, send_signals, &me), 0);
	CHECK(gramine_call(&spinner));
	pthread_join(other, NULL);
	CHECK(gramine.tcb.aex > aex);
	CHECK_EQ(gramine_inside.cssa, 1);
	CHECK_EQ(gramine_inside.frame.exitinfo >> 31, 0);
	CHECK(gramine_last.sig == SIGTERM || gramine_last.sig == SIGCONT);
	return NULL;
}

static volatile uint64_t async_rip;
static volatile long async_rax;
static volatile bool async_done;

/*
 * As handle_async_signal(), which compares RIP with its own `syscall`, and is
 * content to find it anywhere else, as it is before the call and after.
 */
static void on_async(int signum, siginfo_t *info, void *context)
{
	const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signum;
	(void)info;
	if (regs[REG_RIP] != (greg_t)(uintptr_t)gramine_syscall_after)
		return;
	async_rip = (uint64_t)regs[REG_RIP];
	async_rax = regs[REG_RAX];
}

static void *interrupt(void *to)
{
	const pthread_t *thread = to;

	for (unsigned i = 0; i < 500 && !async_done; i++) {
		usleep(2000);
		pthread_kill(*thread, SIGTERM);
	}
	return NULL;
}

static void blocking(int flags, long number, long a, long b, long c, long d)
{
	pthread_t me = pthread_self(), other;
	long ret;

	async_rip = 0;
	async_done = false;
	victim_handle(SIGTERM, on_async, flags);
	CHECK_EQ(pthread_create(&other, NULL, interrupt, &me), 0);
	ret = gramine_syscall(number, a, b, c, d);
	async_done = true;
	pthread_join(other, NULL);
	CHECK_EQ(ret, -EINTR);
	CHECK_EQ(async_rax, -EINTR);
	CHECK_EQ(async_rip, (uintptr_t)gramine_syscall_after);
}

/* A call that is looked at before it is made: the path may be a device's. */
static void blocking_open(void)
{
	char dir[] = "/tmp/swsgx-gramine.XXXXXX", path[64];

	if (!CHECK(mkdtemp(dir) != NULL))
		return;
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK_EQ(mkfifo(path, 0600), 0);
	blocking(0, SYS_open, (long)(uintptr_t)path, O_RDONLY, 0, 0);
	unlink(path);
	rmdir(dir);
}

static const char *blocking_calls(void)
{
	struct timespec long_time = { .tv_sec = 10 };
	static uint32_t word;
	struct pollfd pollfd = { .events = POLLIN };
	int pipes[2];
	uint8_t byte;

	CHECK_EQ(pipe(pipes), 0);
	pollfd.fd = pipes[0];
	blocking(0, SYS_read, pipes[0], (long)(uintptr_t)&byte, 1, 0);
	blocking(SA_RESTART, SYS_poll, (long)(uintptr_t)&pollfd, 1, 10000, 0);
	blocking(SA_RESTART, SYS_nanosleep, (long)(uintptr_t)&long_time, 0, 0,
		 0);
	blocking(0, SYS_futex, (long)(uintptr_t)&word, FUTEX_WAIT_PRIVATE, 0,
		 0);
	blocking(SA_RESTART, SYS_ppoll, (long)(uintptr_t)&pollfd, 1,
		 (long)(uintptr_t)&long_time, 0);
	blocking_open();
	close(pipes[0]);
	close(pipes[1]);
	return NULL;
}

const struct fact gramine_signal_facts[] = {
	{ "SIGTERM and SIGCONT: an AEX whose EXITINFO is not valid",
	  async_in_enclave },
	{ "a blocking call is interrupted behind the very instruction",
	  blocking_calls },
	{ 0 }
};
