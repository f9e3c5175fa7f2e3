/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads of a program that has nothing to do with SGX: thread-local storage,
 * FS and GS base (in signal handlers too), cancellation, directed signals,
 * fork and popen among threads.  Must pass natively too.
 */
#define _GNU_SOURCE
#include "tests/process/fixture/check.h"

#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8

static __thread uint64_t own;
static __thread atomic_uint hits;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static uint64_t total;

static uint64_t base_of(int which)
{
	uint64_t base = 0;

	CHECK_EQ(syscall(SYS_arch_prctl, which, &base), 0);
	return base;
}

static void hit(int sig)
{
	(void)sig;
	atomic_fetch_add(&hits, 1);
	own += 1000;
}

static void *count_up(void *number)
{
	own = (uint64_t)(uintptr_t)number;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		total++;
		pthread_mutex_unlock(&mutex);
	}
	CHECK_EQ(own % 1000, (uint64_t)(uintptr_t)number);
	CHECK_EQ(base_of(ARCH_GET_FS), (uint64_t)pthread_self());
	return (void *)(uintptr_t)own;
}

static void counting(void)
{
	pthread_t threads[THREADS];

	check_section("counting under a mutex");
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, count_up, (void *)i),
			 0);
	for (unsigned i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(total, THREADS * 20000);
}

static volatile bool ready, stop;

static void *take_hits(void *unused)
{
	(void)unused;
	own = 7;
	ready = true;
	while (!stop)
		sched_yield();
	return (void *)(uintptr_t)atomic_load(&hits);
}

static void directed_signals(void)
{
	struct sigaction sa = { .sa_handler = hit };
	pthread_t thread;
	void *got;

	check_section("signals to one thread");
	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(pthread_create(&thread, NULL, take_hits, NULL), 0);
	while (!ready)
		sched_yield();
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
		usleep(200);
	}
	stop = true;
	pthread_join(thread, &got);
	CHECK((uintptr_t)got > 0 && (uintptr_t)got <= 100);
	CHECK_EQ(hits, 0);
}

static atomic_bool cleaned;

static void clean(void *unused)
{
	(void)unused;
	cleaned = true;
}

static void unlock(void *held)
{
	pthread_mutex_unlock(held);
}

static void *wait_forever(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, NULL);
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(1);
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancellation(void)
{
	pthread_t thread;
	void *got = NULL;

	check_section("cancellation");
	CHECK_EQ(pthread_create(&thread, NULL, wait_forever, NULL), 0);
	usleep(20 * 1000);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK_EQ(pthread_join(thread, &got), 0);
	CHECK(got == PTHREAD_CANCELED);
	CHECK(cleaned);
}

static volatile uint64_t gs_word, fs_in_handler;

static void look_at_bases(int sig)
{
	uint64_t word;

	(void)sig;
	__asm__ volatile("movq %%gs:0, %0" : "=r"(word));
	gs_word = word;
	fs_in_handler = base_of(ARCH_GET_FS);
}

/* GS base is a program's to use; handlers run with it as it stands. */
static void gs_base(void)
{
	static uint64_t block[8] = { 0x1122334455667788 };

	check_section("GS base");
	CHECK_EQ(base_of(ARCH_GET_GS), 0);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, block), 0);
	CHECK_EQ(base_of(ARCH_GET_GS), (uint64_t)(uintptr_t)block);
	CHECK(signal(SIGUSR2, look_at_bases) != SIG_ERR);
	raise(SIGUSR2);
	CHECK_EQ(gs_word, block[0]);
	CHECK_EQ(fs_in_handler, (uint64_t)pthread_self());
	CHECK_EQ(base_of(ARCH_GET_GS), (uint64_t)(uintptr_t)block);
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, 0), 0);
}

static void *fork_and_popen(void *unused)
{
	char line[32] = "";
	FILE *pipe;
	pid_t pid = fork();

	(void)unused;
	if (!pid)
		_exit(33);
	CHECK_EQ(WEXITSTATUS(check_wait(pid)), 33);
	pipe = popen("echo from a child", "r");
	if (CHECK(pipe != NULL)) {
		CHECK(fgets(line, sizeof(line), pipe) != NULL);
		CHECK(!strcmp(line, "from a child\n"));
		CHECK_EQ(pclose(pipe), 0);
	}
	return NULL;
}

static void children_of_threads(void)
{
	pthread_t threads[4];

	check_section("fork and popen among threads");
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, fork_and_popen,
					NULL),
			 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static int child_of_clone(void *shared)
{
	*(volatile int *)shared = 5;
	return 44;
}

/* A child that shares memory and nothing else that is the libc's. */
static void bare_clone(void)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	volatile int shared = 0;
	pid_t pid;

	check_section("clone(CLONE_VM)");
	pid = clone(child_of_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		    (void *)&shared);
	CHECK(pid > 0);
	CHECK_EQ(WEXITSTATUS(check_wait(pid)), 44);
	CHECK_EQ(shared, 5);
}

int main(void)
{
	check_timeout(40);
	counting();
	directed_signals();
	cancellation();
	gs_base();
	children_of_threads();
	bare_clone();
	return check_result();
}
