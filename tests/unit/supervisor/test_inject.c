/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The injector, on this process: a tracer that is a script stands for the
 * thread, which is told to have any stops that a thread may have.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/user.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/inject/inject.h"

#define STOPPED(sig) ((sig) << 8 | 0x7f)
#define ENTRY        0x1122334455667788ull
#define MASK         0x4000ull
#define MAX_STEPS    8

struct step {
	int sig, code;
	bool is_trap; /* the code that was to run has run */
	bool is_sent; /* stays pending while it is blocked */
};

static uint64_t entry;
static uint64_t stack[] = { 1, 1, 0, 0, AT_SYSINFO_EHDR, 5, AT_NULL, 0 };

static struct {
	struct user_regs_struct regs;
	uint64_t mask;
	struct step steps[MAX_STEPS];
	unsigned int next, passed, pending;
	int code;
	void *mapped;
	size_t size;
} thread;

static int getregs(void *self, struct user_regs_struct *regs)
{
	(void)self;
	*regs = thread.regs;
	return 0;
}

static int setregs(void *self, const struct user_regs_struct *regs)
{
	(void)self;
	thread.regs = *regs;
	return 0;
}

static int setsigmask(void *self, uint64_t mask)
{
	(void)self;
	thread.mask = mask;
	return 0;
}

static int sigcode(void *self, int *code)
{
	(void)self;
	*code = thread.code;
	return 0;
}

/* What the instructions at RIP do, up to their INT3. */
static void execute(void)
{
	struct user_regs_struct *r = &thread.regs;

	if (r->rip == (uint64_t)&entry) {
		thread.size = r->rsi;
		thread.mapped = mmap((void *)r->rdi, r->rsi,
				     PROT_READ | PROT_WRITE, (int)r->r10, -1,
				     0);
		r->rax = (uint64_t)thread.mapped;
	}
	r->rip += 8;
	r->rbx = 0xdead;
}

static int cont(void *self, int sig, int *status)
{
	const struct step *s = &thread.steps[thread.next];

	(void)self;
	thread.passed += sig != 0;
	while (s->is_sent && s->sig != SIGSTOP &&
	       thread.mask & INJECT_SIGNAL(s->sig)) {
		s = &thread.steps[++thread.next];
		thread.pending++;
	}
	if (s->is_trap)
		execute();
	*status = STOPPED(s->sig);
	thread.code = s->code;
	if (thread.next + 1 < MAX_STEPS && s[1].sig)
		thread.next++;
	return 0;
}

static const struct inject_tracer tracer = {
	.getregs = getregs,
	.setregs = setregs,
	.setsigmask = setsigmask,
	.sigcode = sigcode,
	.cont = cont,
};

static const struct step trap = { SIGTRAP, SI_KERNEL, true, false };

static int run(struct inject_result *result)
{
	const struct inject_list list = { NULL, 0 };
	const struct rt_params params = { .magic = 0 };

	thread.regs = (struct user_regs_struct){ .rip = (uint64_t)&entry,
						 .rsp = (uint64_t)stack,
						 .cs = INJECT_CS_64BIT };
	entry = ENTRY;
	return inject(getpid(), NULL, &tracer, &params, -1, &list, MASK,
		      result);
}

static int clear(void **state)
{
	(void)state;
	memset(&thread, 0, sizeof(thread));
	stack[5] = 5;
	return 0;
}

static int unmap(void **state)
{
	(void)state;
	return thread.size ? munmap(thread.mapped, thread.size) : 0;
}

/* The thread is as it was: it can go on. */
static void assert_unwound(void)
{
	assert_int_equal(entry, ENTRY);
	assert_int_equal(thread.regs.rip, &entry);
	assert_int_equal(thread.regs.rsp, stack);
	assert_int_equal(thread.regs.rbx, 0);
	assert_int_equal(thread.mask, MASK);
}

static void the_runtime_is_put_in(void **state)
{
	struct inject_result result;

	(void)state;
	thread.steps[0] = thread.steps[1] = trap;
	assert_int_equal(run(&result), 0);
	assert_int_equal(result.held, 0);
	assert_int_equal(thread.passed, 0);
	assert_int_equal(thread.mapped, RT_BASE);
	assert_memory_equal((void *)RT_BASE, rt_blob, 4096);
	assert_int_equal(stack[5], inject_blob_params()->vdso_address);
	assert_unwound();
}

/* Anybody may send any signal; it is no INT3 and no crash, and is not lost. */
static void a_signal_that_was_sent_comes_later(void **state)
{
	const int signals[] = { SIGTRAP, SIGSEGV, SIGILL,  SIGSYS,
				SIGFPE,  SIGBUS,  SIGTSTP, SIGALRM };
	struct inject_result result;

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(int); i++) {
		clear(state);
		thread.steps[0] = (struct step){ signals[i], SI_USER, false,
						 true };
		thread.steps[1] = trap;
		thread.steps[2] = (struct step){ signals[i], SI_TKILL, false,
						 true };
		thread.steps[3] = trap;
		assert_int_equal(run(&result), 0);
		assert_int_equal(thread.passed, 0);
		assert_int_equal(thread.pending + 2 * (result.held != 0), 2);
		assert_true(!result.held ||
			    result.held == INJECT_SIGNAL(signals[i]));
		assert_unwound();
		unmap(state);
	}
	thread.size = 0;
}

/* SIGSTOP cannot be blocked. */
static void a_stop_is_held_back(void **state)
{
	struct inject_result result;

	(void)state;
	thread.steps[0] = (struct step){ SIGSTOP, SI_USER, false, true };
	thread.steps[1] = thread.steps[2] = trap;
	assert_int_equal(run(&result), 0);
	assert_int_equal(result.held, INJECT_SIGNAL(SIGSTOP));
	assert_int_equal(thread.passed, 0);
	assert_unwound();
}

static void a_crash_leaves_the_thread_as_it_was(void **state)
{
	struct inject_result result;

	thread.steps[0] = trap;
	thread.steps[1] = (struct step){ SIGSEGV, SEGV_MAPERR, true, false };
	assert_int_equal(run(&result), -EFAULT);
	assert_non_null(strstr(result.why, "crashed"));
	assert_unwound();
	unmap(state);
	clear(state);
	thread.steps[0] = (struct step){ SIGILL, ILL_ILLOPN, false, false };
	assert_int_equal(run(&result), -EFAULT);
	assert_unwound();
}

/* A step of a debugger, which has the same number. */
static void a_single_step_is_no_trap(void **state)
{
	struct inject_result result;

	(void)state;
	thread.steps[0] = (struct step){ SIGTRAP, TRAP_TRACE, false, false };
	thread.steps[1] = thread.steps[2] = trap;
	assert_int_equal(run(&result), 0);
	assert_int_equal(thread.next, 2);
	assert_int_equal(result.held, 0);
	assert_unwound();
}

static void stops_without_end_are_given_up(void **state)
{
	struct inject_result result;

	(void)state;
	thread.steps[0] = (struct step){ SIGSTOP, SI_USER, false, false };
	assert_int_equal(run(&result), -ELOOP);
	assert_unwound();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, unmap)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_runtime_is_put_in),
		TEST(a_signal_that_was_sent_comes_later),
		TEST(a_stop_is_held_back),
		TEST(a_crash_leaves_the_thread_as_it_was),
		TEST(a_single_step_is_no_trap),
		TEST(stops_without_end_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
