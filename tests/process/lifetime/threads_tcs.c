/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight threads inside one enclave at once, each on its own TCS with its own
 * FS and GS; and two threads on one TCS, where the second gets #GP.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define ROUNDS 300000

static struct enclave enclave = ENCLAVE_NONE;
static pthread_barrier_t barrier;
static uint64_t want;
static __thread uint64_t own;
static enum victim_way way;
static __thread struct seen segv;

static uint64_t host_base(int which)
{
	uint64_t base = 0;

	CHECK_EQ(syscall(SYS_arch_prctl, which, &base), 0);
	return base;
}

/* All eight must be inside before any may leave. */
static void meet_inside(unsigned index, struct request *spins)
{
	spins[index] = (struct request){ .op = OP_SPIN };
	pthread_barrier_wait(&barrier);
	if (index)
		CHECK(victim_call(&enclave, index, way, &spins[index]));
	else
		for (unsigned i = 1; i < ENCLAVE_TCS_COUNT; i++) {
			while (!spins[i].started)
				sched_yield();
		}
	if (!index)
		for (unsigned i = 1; i < ENCLAVE_TCS_COUNT; i++)
			spins[i].flag = 1;
}

static void check_bases(unsigned index)
{
	struct request r = { .op = OP_BASES };
	uint64_t gs = 0x1000 * (index + 1);

	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, gs), 0);
	CHECK(victim_call(&enclave, index, way, &r));
	CHECK_EQ(r.value, index);
	CHECK_EQ(r.fsbase, r.gsbase);
	CHECK(r.fsbase - enclave.base < enclave.size);
	CHECK_EQ(host_base(ARCH_GET_FS), (uint64_t)pthread_self());
	CHECK_EQ(host_base(ARCH_GET_GS), gs);
}

static void *work(void *argument)
{
	static struct request spins[ENCLAVE_TCS_COUNT];
	unsigned index = (unsigned)(uintptr_t)argument;

	own = index * 100;
	meet_inside(index, spins);
	for (int i = 0; i < 20; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		CHECK(victim_call(&enclave, index, way, &r));
		CHECK_EQ(r.value, want);
		check_bases(index);
	}
	CHECK_EQ(own, index * 100);
	return NULL;
}

static void eight_threads(void)
{
	pthread_t threads[ENCLAVE_TCS_COUNT];

	check_section(way == BY_VDSO ? "vDSO" : "own ENCLU");
	pthread_barrier_init(&barrier, NULL, ENCLAVE_TCS_COUNT);
	for (uintptr_t i = 0; i < ENCLAVE_TCS_COUNT; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (unsigned i = 0; i < ENCLAVE_TCS_COUNT; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void *occupy(void *request)
{
	CHECK(victim_call(&enclave, 4, way, request));
	return NULL;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	seen_record(&segv, sig, info, context);
	victim_abandon(context);
}

static void enter_busy_by_vdso(void)
{
	struct request r = { .op = OP_NOP };
	struct enclave_exit exit = victim_enter(&enclave, 4, &r);

	CHECK_EQ(exit.function, ENCLU_EENTER);
	CHECK_EQ(exit.vector, 13);
	CHECK_EQ(exit.error_code, 0);
	CHECK_EQ(exit.addr, 0);
	CHECK_EQ(r.done, 0);
}

static void enter_busy_by_enclu(void)
{
	struct enclave_regs regs = { 0 };

	memset(&segv, 0, sizeof(segv));
	CHECK_EQ(enclave_enter_raw(enclave.tcs[4], ENCLU_EENTER, &regs), 1);
	CHECK_EQ(segv.count, 1);
	CHECK_EQ(segv.trapno, 13);
	CHECK_EQ(segv.code, SI_KERNEL);
	CHECK_EQ(segv.rip, (uint64_t)(uintptr_t)enclave_raw_enclu);
}

static void busy(void)
{
	struct request spin = { .op = OP_SPIN };
	struct request after = { .op = OP_NOP };
	pthread_t thread;

	check_section("a TCS that is in use");
	CHECK_ROW("EENTER", "SDM \"EENTER\", Operation",
		  "a TCS that another thread is in", "#GP, every time");
	CHECK_EQ(pthread_create(&thread, NULL, occupy, &spin), 0);
	while (!spin.started)
		sched_yield();
	for (int i = 0; i < 20; i++) {
		enter_busy_by_enclu();
		if (enclave_vdso())
			enter_busy_by_vdso();
	}
	spin.flag = 1;
	pthread_join(thread, NULL);
	CHECK(victim_call(&enclave, 4, way, &after));
}

/* A thread that ends inside a handler leaves the TCS interrupted. */
static void end_thread(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	syscall(SYS_exit, 0);
}

static void *to_be_ended(void *request)
{
	victim_call(&enclave, 6, BY_ENCLU, request);
	CHECK(!"reached");
	return NULL;
}

static void thread_ends_while_inside(void)
{
	static struct request spin = { .op = OP_SPIN };
	struct request look = { .op = OP_LOOK };
	pthread_t thread;

	check_section("a thread ends while inside");
	CHECK_ROW("exit of a thread", "SDM \"Asynchronous Exit (AEX)\"",
		  "while it is inside", "its TCS is left interrupted, CSSA 1");
	victim_handle(SIGUSR1, end_thread, 0);
	CHECK_EQ(pthread_create(&thread, NULL, to_be_ended, &spin), 0);
	while (!spin.started)
		sched_yield();
	CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
	pthread_join(thread, NULL);
	CHECK(victim_call(&enclave, 6, BY_ENCLU, &look));
	CHECK_EQ(look.cssa, 1);
	CHECK_EQ(look.frame.exitinfo, 0);
}

int main(void)
{
	check_timeout(45);
	want = mix(ROUNDS, 0);
	victim_build(&enclave);
	CHECK_EQ(enclave.nr_tcs, ENCLAVE_TCS_COUNT);
	victim_handle(SIGSEGV, on_segv, 0);
	way = BY_ENCLU;
	eight_threads();
	busy();
	if (enclave_vdso()) {
		way = BY_VDSO;
		eight_threads();
		busy();
	}
	thread_ends_while_inside();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
