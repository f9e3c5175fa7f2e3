/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The user has no room in his queue of signals (RLIMIT_SIGPENDING, full or 0):
 * SGX queues none, so threads are interrupted inside as ever, and a signal that
 * somebody sends to one of them is still that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/swsgx.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define WAITING (SIGRTMIN + 3)
#define LOSSES  10
#define ROOM    64

static struct enclave enclave = ENCLAVE_NONE;
static struct request spin;
static atomic_uint told;

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	told++;
	spin.flag = 1;
}

static void *inside(void *left)
{
	*(struct enclave_exit *)left = victim_enter(&enclave, 1, &spin);
	return NULL;
}

static pthread_t go_inside(struct enclave_exit *left)
{
	pthread_t thread;

	spin = (struct request){ .op = OP_SPIN };
	CHECK_EQ(pthread_create(&thread, NULL, inside, left), 0);
	while (!spin.started)
		usleep(100);
	return thread;
}

static void lose(void)
{
	struct enclave_exit left = { 0 };
	unsigned before = told;
	pthread_t thread;

	victim_build(&enclave);
	thread = go_inside(&left);
	CHECK_EQ(swsgx_lose_epc(), 0);
	spin.flag = 1;
	pthread_join(thread, NULL);
	CHECK_EQ(left.function, ENCLU_ERESUME);
	CHECK_EQ(left.vector, 14);
	CHECK_EQ(told, before);
	enclave_destroy(&enclave);
}

/* Told though nobody else interrupts it, and is no interrupt of ours. */
static void send_sigsys(void)
{
	struct enclave_exit left = { 0 };
	unsigned before = told;
	pthread_t thread;

	victim_build(&enclave);
	thread = go_inside(&left);
	CHECK_EQ(pthread_kill(thread, SIGSYS), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(left.function, ENCLU_EEXIT);
	CHECK_EQ(told, before + 1);
	enclave_destroy(&enclave);
}

static void all(const char *section)
{
	check_section(section);
	send_sigsys();
	for (int i = 0; i < LOSSES; i++)
		lose();
	send_sigsys();
	CHECK_EQ(raise(SIGSYS), 0);
}

static void limit(rlim_t n)
{
	struct rlimit r = { n, RLIM_INFINITY };

	getrlimit(RLIMIT_SIGPENDING, &r);
	r.rlim_cur = n;
	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &r), 0);
}

/* They wait, blocked in all threads, and fill the queue. */
static void fill_queue(void)
{
	union sigval value = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, WAITING);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	limit(ROOM);
	while (!sigqueue(getpid(), WAITING, value))
		;
	CHECK_EQ(errno, EAGAIN);
}

int main(void)
{
	check_timeout(50);
	victim_handle(SIGSYS, on_sigsys, 0);
	all("there is room");
	fill_queue();
	all("the queue is full");
	limit(0);
	all("no queue");
	return check_result();
}
