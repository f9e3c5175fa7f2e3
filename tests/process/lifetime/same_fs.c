/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which thread enters is known whatever its FS says: threads of clone(2) that
 * have the FS base of the thread that made them, and enter while it does, each
 * by a TCS of its own.  Likewise in a child of fork(), and after the program
 * has given itself an LDT.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define CHILDREN 3
#define ROUNDS   20000
#define STACK    65536

static struct enclave enclave;
static volatile unsigned wrong, right;
static volatile unsigned running;
static uint8_t stacks[CHILDREN][STACK] __attribute__((aligned(16)));

/* TLS is the parent's, too: no call of libc that uses it. */
static void enter(unsigned tcs, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		struct request r = { .op = OP_MIX, .value = 1 + tcs + i % 7 };
		struct request again = r;

		if (victim_call(&enclave, tcs, BY_VDSO, &r) &&
		    victim_call(&enclave, tcs, BY_VDSO, &again) &&
		    r.value == again.value && r.done == OP_DONE)
			__atomic_fetch_add(&right, 1, __ATOMIC_SEQ_CST);
		else
			__atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
	}
}

static int child(void *arg)
{
	enter((unsigned)(uintptr_t)arg, ROUNDS);
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_exit, 0);
	__builtin_unreachable();
}

/* Each is made between entries of this thread, which so is known. */
static void all_enter(const char *name)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM;

	check_section(name);
	right = wrong = 0;
	for (uintptr_t i = 0; i < CHILDREN; i++) {
		enter(0, 3);
		__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
		CHECK(clone(child, stacks[i] + STACK, flags, (void *)(i + 1)) >
		      0);
	}
	while (running)
		enter(0, 1);
	CHECK_EQ(wrong, 0);
	CHECK(right >= CHILDREN * ROUNDS);
	usleep(1000); /* until they are off their stacks */
}

static void in_a_child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		check_restart();
		check_timeout(50);
		/* ES, if it is used, is still the parent's */
		all_enter("in a child of fork()");
		_exit(check_result());
	}
	status = check_wait(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* vfork()'s child is another thread, too. */
static void with_vfork(void)
{
	check_section("around children of vfork()");
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid;

		enter(0, 2);
		pid = vfork();
		if (!pid)
			_exit(7);
		enter(0, 2);
		CHECK_EQ(WEXITSTATUS(check_wait(pid)), 7);
	}
	CHECK_EQ(wrong, 0);
}

static void with_an_ldt(void)
{
	struct user_desc desc = { .entry_number = 20,
				  .limit = 0xfffff,
				  .seg_32bit = 1,
				  .limit_in_pages = 1,
				  .useable = 1 };

	CHECK_EQ(syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)), 0);
	__asm__ volatile("mov %0, %%es" : : "r"(20 * 8 + 7));
	all_enter("with an LDT of the program's own");
	__asm__ volatile("mov %0, %%es" : : "r"(0));
}

int main(void)
{
	check_timeout(100);
	victim_build(&enclave);
	all_enter("threads that share an FS base");
	in_a_child();
	with_vfork();
	all_enter("again");
	with_an_ldt();
	enclave_destroy(&enclave);
	return check_result();
}
