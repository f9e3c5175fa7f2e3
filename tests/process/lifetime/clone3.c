/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clone3(), as libraries and runtimes use it to start programs: with
 * CLONE_CLEAR_SIGHAND and without, on memory of the child's own, its parent's,
 * and on the very stack of the parent; from many places; and its errors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#define PLACES 40
#define VFORK  (CLONE_VM | CLONE_VFORK)

/* Places that make the call; they go back by R13, and use no stack. */
__asm__(".pushsection .text\n"
	".balign 8\n"
	"places: .rept 40\n"
	"syscall\n"
	"jmp *%r13\n"
	".balign 8\n"
	".endr\n"
	".popsection");
extern const char places[];

static char stack[65536] __attribute__((aligned(16)));
static volatile int handled, shared;

static void on_signal(int sig)
{
	handled = sig;
}

static int is(int sig, void (*handler)(int))
{
	struct sigaction sa;

	return !sigaction(sig, NULL, &sa) && sa.sa_handler == handler;
}

/* What the child finds, as bits of its exit status. */
static int look(int cleared)
{
	void (*handler)(int) = cleared ? SIG_DFL : on_signal;
	sigset_t mask;
	int wrong = 0;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (!is(SIGUSR1, handler))
		wrong |= 1;
	if (!is(SIGUSR2, SIG_IGN))
		wrong |= 2;
	if (!is(SIGSEGV, handler) || !is(SIGSYS, SIG_DFL))
		wrong |= 4;
	if (!sigismember(&mask, SIGHUP) || sigismember(&mask, SIGUSR1))
		wrong |= 8;
	/* handlers of its own work, and are nobody else's */
	handled = 0;
	signal(SIGUSR1, on_signal);
	kill(getpid(), SIGUSR1);
	if (handled != SIGUSR1)
		wrong |= 16;
	signal(SIGUSR1, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	return wrong;
}

static void child_looks(void)
{
	shared = 1;
	_exit(look(0));
}

static void child_looks_cleared(void)
{
	shared = 1;
	_exit(look(1));
}

static void child_dies(void)
{
	kill(getpid(), SIGUSR1);
	_exit(99);
}

static void child_faults(void)
{
	__asm__ volatile("movl $0, 8");
	_exit(99);
}

static void child_execs(void)
{
	static char *argv[] = { "true", NULL }, *envp[] = { NULL };

	execve("/bin/true", argv, envp);
	_exit(99);
}

/*
 * The child never returns from here.  *changed is 0 if the caller's registers
 * are what they were.
 */
static long do_clone3(unsigned place, void *args, size_t size,
		      void (*child)(void), uint64_t *changed)
{
	register uint64_t r12 __asm__("r12") = (uint64_t)(uintptr_t)child;
	register uint64_t at __asm__("r14") = (uint64_t)(uintptr_t)places +
					      8 * place;
	uint64_t rdi = (uint64_t)(uintptr_t)args, rsi = size, rdx = 0x1234;
	long ret = SYS_clone3;

	__asm__ volatile("lea 1f(%%rip), %%r13\n\t"
			 "sub $256, %%rsp\n\t"
			 "movq $0x77, -128(%%rsp)\n\t"
			 "jmp *%%r14\n"
			 "1:\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 2f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "and $-16, %%rsp\n\t"
			 "call *%%r12\n\t"
			 "hlt\n"
			 "2: add $256, %%rsp\n\t"
			 : "+a"(ret), "+D"(rdi), "+S"(rsi), "+d"(rdx),
			   "+r"(r12), "+r"(at)
			 :
			 : "rcx", "r11", "r13", "memory", "cc");
	*changed = (rdi ^ (uint64_t)(uintptr_t)args) | (rsi ^ size) |
		   (rdx ^ 0x1234);
	return ret;
}

static long call(unsigned place, uint64_t flags, void *at, size_t size,
		 void (*child)(void))
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	uint64_t changed;
	long pid;

	if (at) {
		args.stack = (uint64_t)(uintptr_t)at;
		args.stack_size = sizeof(stack);
	}
	shared = 0;
	pid = do_clone3(place, &args, size, child, &changed);
	CHECK_EQ(changed, 0);
	CHECK_EQ(args.flags, flags);
	return pid;
}

static void run(unsigned place, uint64_t flags, void *at, void (*child)(void),
		int status)
{
	long pid = call(place, flags, at, sizeof(struct clone_args), child);

	if (pid < 0)
		check_fatal("clone3, flags 0x%llx: %s",
			    (unsigned long long)flags, strerror((int)-pid));
	CHECK_EQ(check_wait((pid_t)pid), status);
	CHECK(is(SIGUSR1, on_signal));
	CHECK(is(SIGSEGV, on_signal));
	if (child == child_looks || child == child_looks_cleared)
		CHECK_EQ(shared, !!(flags & CLONE_VM));
}

static const struct way {
	const char *name;
	uint64_t flags;
	bool own_stack;
} ways[] = {
	{ "as fork()", 0, false },
	{ "as fork(), on another stack", 0, true },
	{ "waits, own memory", CLONE_VFORK, false },
	{ "as vfork(), on another stack", VFORK, true },
	{ "as vfork(), on the parent's stack", VFORK, false },
	{ "shared memory", CLONE_VM, true },
};

static void try(const struct way *w)
{
	void *at = w->own_stack ? stack : NULL;
	uint64_t clear = w->flags | CLONE_CLEAR_SIGHAND;

	check_section(w->name);
	run(0, w->flags, at, child_looks, 0);
	run(0, clear, at, child_looks_cleared, 0);
	run(0, clear, at, child_dies, SIGUSR1);
	run(0, clear, at, child_faults, SIGSEGV);
	run(0, clear, at, child_execs, 0);
	run(0, w->flags, at, child_execs, 0);
}

/* A place is as good as another, however many there are. */
static void from_many_places(void)
{
	check_section("from many places");
	for (int again = 0; again < 2; again++) {
		for (unsigned i = 0; i < PLACES; i++) {
			run(i, 0, NULL, child_looks, 0);
			run(i, VFORK, NULL, child_looks, 0);
			run(i, VFORK | CLONE_CLEAR_SIGHAND, stack,
			    child_looks_cleared, 0);
		}
	}
}

/* A child that shares handlers changes its parent's. */
static void child_sets(void)
{
	signal(SIGUSR1, SIG_DFL);
	_exit(0);
}

static void shared_handlers(unsigned place)
{
	long pid = call(place, CLONE_VM | CLONE_SIGHAND, stack,
			sizeof(struct clone_args), child_sets);

	check_section("shared handlers");
	CHECK_EQ(check_wait((pid_t)pid), 0);
	CHECK(is(SIGUSR1, SIG_DFL));
	signal(SIGUSR1, on_signal);
}

static long raw(void *args, size_t size)
{
	uint64_t changed;

	return do_clone3(0, args, size, child_execs, &changed);
}

static void errors(void)
{
	struct {
		struct clone_args args;
		uint64_t tail[64];
	} a = { .args = { .flags = CLONE_CLEAR_SIGHAND,
			  .exit_signal = SIGCHLD } };
	long pid;

	check_section("errors");
	CHECK_EQ(raw((void *)8, sizeof(a.args)), -EFAULT);
	CHECK_EQ(raw(&a, CLONE_ARGS_SIZE_VER0 - 8), -EINVAL);
	CHECK_EQ(raw(&a, 8192), -E2BIG);
	a.tail[0] = 1;
	CHECK_EQ(raw(&a, sizeof(a.args) + 8), -E2BIG);
	a.tail[0] = 0;
	pid = raw(&a, sizeof(a.args) + 8);
	CHECK(pid > 0);
	CHECK_EQ(check_wait((pid_t)pid), 0);
	pid = raw(&a, CLONE_ARGS_SIZE_VER0);
	CHECK(pid > 0);
	CHECK_EQ(check_wait((pid_t)pid), 0);
	a.args.flags = CLONE_CLEAR_SIGHAND | CLONE_VM | CLONE_SIGHAND;
	CHECK_EQ(raw(&a, sizeof(a.args)), -EINVAL);
	a.args.flags = CLONE_CLEAR_SIGHAND | CLONE_VM;
	a.args.stack = (uint64_t)(uintptr_t)stack;
	CHECK_EQ(raw(&a, sizeof(a.args)), -EINVAL);
	a.args.stack = -4096ull;
	a.args.stack_size = 4096;
	CHECK_EQ(raw(&a, sizeof(a.args)), -EINVAL);
	a.args.stack = 0;
	CHECK_EQ(raw(&a, sizeof(a.args)), -EINVAL);
}

int main(void)
{
	struct clone_args none = { .flags = CLONE_CLEAR_SIGHAND,
				   .exit_signal = SIGCHLD };
	sigset_t set;
	long pid;

	check_timeout(50);
	pid = raw(&none, sizeof(none));
	if (pid == -ENOSYS || pid == -EINVAL)
		check_skip("this kernel has no CLONE_CLEAR_SIGHAND");
	CHECK_EQ(check_wait((pid_t)pid), 0);
	signal(SIGUSR1, on_signal);
	signal(SIGSEGV, on_signal);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		try(&ways[i]);
	shared_handlers(0);
	from_many_places();
	shared_handlers(PLACES - 1);
	errors();
	return check_result();
}
