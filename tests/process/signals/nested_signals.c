/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several signals at once, and signals in handlers of signals, while a thread
 * is inside: timers of different periods, bursts from another thread, handlers
 * that raise a signal, and that enter the enclave and are interrupted there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define ROUNDS 200000
#define SMALL  2000
#define BURSTS 300

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t small_result;
static volatile unsigned depth, deepest, entries;
static atomic_uint taken[64];
static atomic_bool stop;

static bool in_elrange(uint64_t addr)
{
	return addr - enclave.base < enclave.size;
}

/* TCS 0 belongs to main(); the handlers at depth n use TCS n. */
static void compute_in_handler(unsigned level)
{
	struct request r = { .op = OP_MIX, .value = SMALL };

	if (level >= ENCLAVE_TCS_COUNT)
		return;
	if (victim_call(&enclave, level, BY_ENCLU, &r)) {
		CHECK_EQ(r.value, small_result);
		entries++;
	}
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct seen seen = { 0 };
	unsigned level = ++depth;

	seen_record(&seen, sig, info, context);
	atomic_fetch_add(&taken[sig], 1);
	if (level > deepest)
		deepest = level;
	if (in_elrange(seen.rip) || in_elrange(seen.rsp))
		check_fatal("signal %d shows the enclave's RIP or RSP", sig);
	compute_in_handler(level);
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	depth--;
}

static void start_timers(timer_t *timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN };
	struct itimerspec often = { { 0, 270000 }, { 0, 270000 } };
	struct itimerval every = { { 0, 430 }, { 0, 430 } };
	struct itimerval cpu = { { 0, 4000 }, { 0, 4000 } };

	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, timer), 0);
	CHECK_EQ(timer_settime(*timer, 0, &often, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_PROF, &cpu, NULL), 0);
}

static void stop_timers(timer_t timer)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &off, NULL);
	setitimer(ITIMER_PROF, &off, NULL);
	timer_delete(timer);
}

static void handle_all(int flags)
{
	static const int signals[] = { SIGALRM, SIGPROF, SIGUSR1, SIGUSR2,
				       SIGHUP };

	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], on_signal, SA_RESTART | flags);
	victim_handle(SIGRTMIN, on_signal, SA_RESTART | flags);
}

static void compute(unsigned calls)
{
	uint64_t want = mix(ROUNDS, 0);

	for (unsigned i = 0; i < calls; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		if (!CHECK(victim_call(&enclave, 0, BY_ENCLU, &r)) ||
		    !CHECK_EQ(r.value, want))
			return;
	}
}

static void timers(void)
{
	timer_t timer;

	CHECK_ROW("signals and the enclave",
		  "SDM \"Synthetic State on Asynchronous Enclave Exit\"",
		  "signals in handlers of signals, and of the entries they "
		  "make",
		  "none shows the enclave's RIP or RSP");
	check_section("three timers");
	handle_all(0);
	start_timers(&timer);
	compute(60);
	stop_timers(timer);
	CHECK(taken[SIGALRM] > 0 && taken[SIGRTMIN] > 0);
	CHECK_EQ(depth, 0);
}

static void *burst(void *target)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGHUP };

	for (unsigned i = 0; i < BURSTS; i++) {
		for (unsigned j = 0; j < 3; j++)
			pthread_kill(*(pthread_t *)target, signals[j]);
		usleep(300);
	}
	stop = true;
	return NULL;
}

/* Three at once: Linux may stack their frames, all upon the same AEP. */
static void bursts(int flags)
{
	pthread_t self = pthread_self(), thread;

	memset(taken, 0, sizeof(taken));
	deepest = 0;
	stop = false;
	handle_all(flags);
	CHECK_EQ(pthread_create(&thread, NULL, burst, &self), 0);
	while (!stop)
		compute(1);
	pthread_join(thread, NULL);
	CHECK(taken[SIGUSR1] > 0 && taken[SIGUSR2] > 0 && taken[SIGHUP] > 0);
	CHECK(taken[SIGUSR1] <= BURSTS);
	CHECK(deepest >= 2);
	CHECK(entries > 0);
	CHECK_EQ(depth, 0);
}

int main(void)
{
	check_timeout(45);
	small_result = mix(SMALL, 0);
	victim_build(&enclave);
	timers();
	check_section("bursts");
	bursts(0);
	check_section("bursts, SA_NODEFER");
	bursts(SA_NODEFER);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
