/* SPDX-License-Identifier: BSD-3-Clause */
/* SampleCommonLoader, whose ENCLU is its own AEP; switchless calls. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <pthread.h>
#include <sched.h>
#include <sys/time.h>

#include "tests/process/fixture/check.h"

static volatile unsigned ticks;

static void tick(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	ticks++;
}

/* Stop the spinning once it has been interrupted often enough. */
static struct ask spinner;

static void stop_later(int sig, siginfo_t *info, void *context)
{
	tick(sig, info, context);
	if (ticks >= 20)
		spinner.flag = 1;
}

static const char *enclu_is_its_own_aep(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, off = { 0 };

	spinner = (struct ask){ .op = ASK_SPIN };
	ticks = 0;
	victim_handle(SIGALRM, stop_later, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	sample_enter(sdk_enclave.tcs[0], &spinner);
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	CHECK_EQ(spinner.done, ASK_DONE);
	CHECK(ticks >= 20);
	signal(SIGALRM, SIG_DFL);
	return NULL;
}

static struct ask pinged;

static void *worker_inside(void *unused)
{
	(void)unused;
	ask_vdso(&sdk_enclave, 3, &pinged);
	return NULL;
}

static const char *switchless(void)
{
	pthread_t thread;

	pinged = (struct ask){ .op = ASK_PING, .count = 200 };
	CHECK_EQ(pthread_create(&thread, NULL, worker_inside, NULL), 0);
	for (unsigned i = 0; i < 200; i++) {
		pinged.flag = 1;
		while (pinged.flag != 2)
			sched_yield();
	}
	pthread_join(thread, NULL);
	CHECK_EQ(pinged.done, ASK_DONE);
	return NULL;
}

const struct fact sdk_switchless_facts[] = {
	{ "SampleCommonLoader's ENCLU is its own AEP", enclu_is_its_own_aep },
	{ "switchless calls: both worlds spin at once", switchless },
	{ 0 }
};
