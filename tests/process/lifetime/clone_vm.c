/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose handlers are whose: processes that share memory but are none of each
 * other's threads, with CLONE_SIGHAND and without, and a thread of such a one.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

#define THREAD \
	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES)

static char stacks[3][65536] __attribute__((aligned(16)));
static volatile int by_parent, by_child;
static volatile int thread_done;

static void parents(int sig)
{
	(void)sig;
	by_parent++;
}

static void childs(int sig)
{
	(void)sig;
	by_child++;
}

static int is(int sig, void (*handler)(int))
{
	struct sigaction sa;

	return !sigaction(sig, NULL, &sa) && sa.sa_handler == handler;
}

static pid_t start(int (*body)(void *), int i, int flags)
{
	pid_t pid = clone(body, stacks[i] + sizeof(stacks[i]), flags, NULL);

	if (pid < 0)
		check_fatal("clone");
	return pid;
}

static int sets(void *unused)
{
	(void)unused;
	CHECK(is(SIGUSR1, parents));
	signal(SIGUSR1, childs);
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	_exit(0);
}

static int thread(void *unused)
{
	(void)unused;
	signal(SIGUSR1, childs);
	thread_done = 1;
	syscall(SYS_exit, 0);
	return 0;
}

static int has_a_thread(void *unused)
{
	(void)unused;
	CHECK(is(SIGUSR1, parents));
	start(thread, 1, THREAD);
	while (!thread_done)
		sched_yield();
	CHECK(is(SIGUSR1, childs));
	kill(getpid(), SIGUSR1);
	_exit(0);
}

/* A child that shares with a child, and not with us. */
static int has_a_child(void *unused)
{
	pid_t pid;

	(void)unused;
	signal(SIGUSR1, parents);
	pid = start(sets, 1, CLONE_VM | CLONE_SIGHAND | SIGCHLD);
	CHECK_EQ(check_wait(pid), 0);
	CHECK(is(SIGUSR1, childs));
	CHECK(is(SIGUSR2, SIG_IGN));
	_exit(0);
}

static void try(const char *name, int (*body)(void *), int flags, int shared)
{
	pid_t pid;

	check_section(name);
	signal(SIGUSR1, parents);
	signal(SIGUSR2, SIG_DFL);
	by_parent = by_child = thread_done = 0;
	pid = start(body, 0, flags | SIGCHLD);
	CHECK_EQ(check_wait(pid), 0);
	CHECK(is(SIGUSR1, shared ? childs : parents));
	CHECK(is(SIGUSR2, shared ? SIG_IGN : SIG_DFL));
	kill(getpid(), SIGUSR1);
	CHECK_EQ(by_child, shared ? 2 : 1);
	CHECK_EQ(by_parent, shared ? 0 : 1);
}

int main(void)
{
	check_timeout(30);
	for (int i = 0; i < 3; i++) {
		try("of its own", sets, CLONE_VM, 0);
		try("of its own, as vfork()", sets, CLONE_VM | CLONE_VFORK, 0);
		try("shared", sets, CLONE_VM | CLONE_SIGHAND, 1);
		try("shared, as vfork()", sets,
		    CLONE_VM | CLONE_SIGHAND | CLONE_VFORK, 1);
		try("of its own and a thread's", has_a_thread, CLONE_VM, 0);
		try("of its own and a child's", has_a_child, CLONE_VM, 0);
	}
	return check_result();
}
