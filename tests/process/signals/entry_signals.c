/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals around an entry through the vDSO.  Whenever one comes, its handler
 * finds the thread outside and ENCLU not yet executed, or at the AEP with the
 * enclave entered; what stands there is ENCLU, and a program may step over it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SHOWER_SECONDS 4
#define THREADS        2
#define UNDER_WAY      2
#define FLAG_TF        0x100

static struct enclave enclave = ENCLAVE_NONE;
static struct request spin = { .op = OP_SPIN };
static volatile bool at_aep;
static volatile uint64_t received[THREADS], taken[THREADS], stepped;
static __thread unsigned self;

static bool is_enclu(uint64_t rip)
{
	static const uint8_t enclu[3] = { 0x0f, 0x01, 0xd7 };
	uint64_t near = rip - (uint64_t)(uintptr_t)enclave_vdso();

	return near < 256 && !memcmp((void *)(uintptr_t)rip, enclu, 3);
}

/*
 * Nothing of what stands in for the processor shows: its code is all but the
 * vDSO of these 16 MiB.
 */
static bool is_ours(uint64_t rip)
{
	uint64_t near = rip - (uint64_t)(uintptr_t)enclave_vdso();

	return near < 1024 || rip - 0x553f00000000ull >= 0x1000000;
}

static void on_abort(int sig, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig, (void)info;
	at_aep = is_enclu((uint64_t)r[REG_RIP]) && r[REG_RAX] == ENCLU_ERESUME;
	if (at_aep)
		r[REG_RIP] += 3;
	else
		spin.flag = 1; /* so that it ends */
}

static void *spinner(void *arg)
{
	struct enclave_exit exit = { 0 };

	CHECK_EQ(enclave_enter(&enclave, 1, &spin, &exit), 0);
	CHECK_EQ(exit.function, ENCLU_EEXIT);
	return arg;
}

/* A thread that hangs in its enclave is taken out of it for good. */
static void test_abort(void)
{
	struct request r = { .op = OP_NOP };
	pthread_t thread;

	check_section("a handler steps over the ENCLU at the AEP");
	CHECK_ROW("signals and the enclave", "Linux vsgx.S",
		  "the AEP of an entry through the vDSO",
		  "has ENCLU, 0F 01 D7, in its code");
	victim_handle(SIGUSR1, on_abort, 0);
	pthread_create(&thread, NULL, spinner, NULL);
	while (!spin.started)
		usleep(1000);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	CHECK(at_aep);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
}

static void check_place(const greg_t *r)
{
	uint64_t rip = (uint64_t)r[REG_RIP];

	CHECK(is_ours(rip));
	if (!is_enclu(rip))
		return;
	CHECK_EQ(r[REG_RBX], enclave.tcs[self]);
	CHECK(r[REG_RAX] == ENCLU_EENTER || r[REG_RAX] == ENCLU_ERESUME);
	CHECK_EQ(r[REG_RCX], rip);
}

static void on_rain(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	if (check_failures() < 10)
		check_place(((ucontext_t *)context)->uc_mcontext.gregs);
	received[self] += (uint64_t)info->si_value.sival_int;
	taken[self]++;
}

static pthread_barrier_t started;
static volatile bool over;

static void *enter_often(void *arg)
{
	self = (unsigned)(uintptr_t)arg;
	pthread_barrier_wait(&started);
	for (unsigned i = 0; !over; i++) {
		struct request r = { .op = OP_MIX, .value = 1 + i % 4 };
		struct request again = r;

		if (!CHECK(victim_call(&enclave, self, BY_VDSO, &r)) ||
		    !CHECK(victim_call(&enclave, self, BY_VDSO, &again)) ||
		    !CHECK_EQ(r.value, again.value))
			break;
	}
	return NULL;
}

/* A few are under way, no more: the thread is to get on, too. */
static void rain(pthread_t thread, unsigned to, uint64_t nth)
{
	union sigval value = { .sival_int = (int)(nth % 1000) };

	while (nth > taken[to] + UNDER_WAY)
		sched_yield();
	CHECK_EQ(pthread_sigqueue(thread, SIGRTMIN + 3, value), 0);
}

/* The values of the first n. */
static uint64_t sum(uint64_t n)
{
	uint64_t s = 0;

	while (n)
		s += n-- % 1000;
	return s;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Each is taken once, with its value, and none of them in between. */
static void test_rain(void)
{
	double end = now() + SHOWER_SECONDS;
	pthread_t thread[THREADS];
	uint64_t sent = 0;

	check_section("a rain of signals on threads that enter");
	CHECK_ROW("signals and the enclave", "SDM \"EENTER\", Operation",
		  "a signal comes while a thread enters",
		  "before ENCLU, or when it is inside; none is lost");
	pthread_barrier_init(&started, NULL, THREADS + 1);
	victim_handle(SIGRTMIN + 3, on_rain, SA_RESTART);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, enter_often, (void *)i);
	pthread_barrier_wait(&started);
	while (now() < end) {
		sent++;
		for (unsigned i = 0; i < THREADS; i++)
			rain(thread[i], i, sent);
		for (volatile uint64_t n = sent * 7919 % 4000; n; n--)
			;
	}
	over = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		CHECK_EQ(received[i], sum(sent));
	}
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info;
	stepped++;
	check_place(((ucontext_t *)context)->uc_mcontext.gregs);
}

/* TF is set by the program: the enclave is one instruction. */
static void test_step(void)
{
	struct request r = { .op = OP_MIX, .value = 3 }, again = r;

	check_section("stepped through by the program itself");
	CHECK_ROW("signals and the enclave",
		  "SDM \"Single-Step on Opt-out "
		  "Entry\"",
		  "a program steps through an entry by the vDSO",
		  "finds the vDSO's instructions, and goes on");
	victim_handle(SIGTRAP, on_step, 0);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &again));
	__asm__ volatile("pushfq; orq %0, (%%rsp); popfq"
			 :
			 : "i"(FLAG_TF)
			 : "memory", "cc");
	victim_call(&enclave, 0, BY_VDSO, &r);
	__asm__ volatile("pushfq; andq %0, (%%rsp); popfq"
			 :
			 : "i"(~FLAG_TF)
			 : "memory", "cc");
	CHECK_EQ(r.value, again.value);
	CHECK(stepped > 40);
}

int main(void)
{
	check_timeout(40);
	victim_build(&enclave);
	if (!enclave_vdso())
		return CHECK_SKIPPED;
	test_abort();
	test_rain();
	test_step();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
