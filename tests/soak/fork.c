/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost around fork(): parent and child are in one enclave, each on
 * a TCS of its own, and each finds out for itself.  A child that has lost it
 * builds another.  Every eighth child is killed wherever it is.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/soak/scene.h"

#define CALLS      10
#define KILL_EVERY 8

enum { CHILD_WELL = 0, CHILD_FAILED = 1, CHILD_LOST = 2 };

static int be_child(const struct enclave *shared)
{
	struct enclave own;
	bool lost = false;
	unsigned i;

	check_restart();
	check_timeout(60);
	for (i = 0; i < CALLS && !lost; i++)
		lost = !scene_compute(shared, 1);
	if (lost && scene_build(&own)) {
		scene_compute(&own, 1);
		enclave_destroy(&own);
	}
	if (check_result())
		return CHILD_FAILED;
	return lost ? CHILD_LOST : CHILD_WELL;
}

static void kill_soon(pid_t child, unsigned long round)
{
	struct timespec ts = { .tv_nsec = (long)(round * 7919 % 2000000) };

	nanosleep(&ts, NULL);
	kill(child, SIGKILL);
}

/* False: the enclave is not to be used any more. */
static bool share(const struct enclave *e, unsigned long round)
{
	bool killed = round % KILL_EVERY == 0, good = true;
	pid_t child = fork();
	unsigned i;
	int status;

	if (child < 0)
		check_fatal("fork");
	if (!child)
		_exit(be_child(e));
	for (i = 0; i < CALLS && good; i++)
		good = scene_compute(e, 0);
	if (killed)
		kill_soon(child, round);
	if (waitpid(child, &status, 0) != child)
		check_fatal("waitpid");
	if (WIFSIGNALED(status)) {
		/* Its TCS may have a frame less, after an AEX. */
		CHECK(killed && WTERMSIG(status) == SIGKILL);
		return false;
	}
	CHECK(WEXITSTATUS(status) != CHILD_FAILED);
	if (WEXITSTATUS(status) == CHILD_LOST)
		scene_hit(IN_CHILD);
	return good && WEXITSTATUS(status) == CHILD_WELL;
}

void scene_fork(void)
{
	unsigned long round = 0;
	struct enclave e;

	while (scene_build(&e)) {
		while (scene_goes_on() && share(&e, ++round))
			;
		enclave_destroy(&e);
	}
}
