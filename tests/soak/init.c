/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost around EINIT: at the door of the ioctl, and, every other
 * time, by another thread at any moment of it, which the clock of a schedule
 * meets too seldom.  An enclave that became one works, or is lost, and is
 * nothing in between.  Linux: sgx_encl_init().
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "lib/swsgx.h"
#include "tests/process/fixture/check.h"
#include "tests/soak/scene.h"

#define STEP_NS    7919
#define LONGEST_NS 400000 /* EINIT does not take longer by much */

struct thrower {
	pthread_t thread;
	sem_t begun, thrown; /* INIT is; the loss was */
	bool ends;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem))
		CHECK_EQ(errno, EINTR);
}

/* Another moment each time.  A sleep would be longer than most of them. */
static void *throw(void *arg)
{
	struct thrower *t = arg;
	uint64_t delay = 0, end;

	for (;;) {
		wait_for(&t->begun);
		if (t->ends)
			return NULL;
		for (end = now_ns() + delay; now_ns() < end;)
			;
		swsgx_lose_epc();
		delay = (delay + STEP_NS) % LONGEST_NS;
		sem_post(&t->thrown);
	}
}

static void begin(struct thrower *t)
{
	t->ends = false;
	sem_init(&t->begun, 0, 0);
	sem_init(&t->thrown, 0, 0);
	if (pthread_create(&t->thread, NULL, throw, t))
		check_fatal("pthread_create");
}

static void end(struct thrower *t)
{
	t->ends = true;
	sem_post(&t->begun);
	pthread_join(t->thread, NULL);
	sem_destroy(&t->begun);
	sem_destroy(&t->thrown);
}

static void one(struct thrower *t, bool at_the_door)
{
	struct enclave e;

	if (!scene_try_pages(&e))
		return;
	if (at_the_door)
		swsgx_next_fault("epc-loss@ioctl=1");
	else
		sem_post(&t->begun);
	if (scene_try_init(&e)) {
		scene_compute(&e, 0);
		enclave_destroy(&e);
	}
	if (!at_the_door)
		wait_for(&t->thrown);
}

void scene_init(void)
{
	struct thrower t;
	unsigned i;

	begin(&t);
	for (i = 0; scene_goes_on(); i++)
		one(&t, i % 2);
	end(&t);
}
