/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One schedule, from a world that is ready to one that all have left; and the
 * search for fewer events that still make it fail.
 */
#include "tests/sim/schedule.h"

#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

static const struct scenario *prepared;

static bool is_waiting(const struct task *k)
{
	return k->state != TASK_NONE && k->state != TASK_DONE &&
	       k->state != TASK_DEAD && k != &tasks[SERVER] && !k->at_end;
}

/* The bodies run in a task's context or none; a failure here is a failure. */
static bool all_have_ended(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		if (is_waiting(&tasks[i]))
			return false;
	return true;
}

static bool fail(const char *what)
{
	sim_failure = sim_failure_kind = what;
	sim_trace("FAILS: %s", what);
	return false;
}

static void end(struct task *k)
{
	(void)k;
	if (!world.no_server)
		check_end();
}

static bool run_phases(void)
{
	if (!sched_run(true))
		return false;
	if (sched_any_stopped()) {
		for (unsigned int i = 0; i < SIM_TASKS; i++)
			if (is_waiting(&tasks[i]) &&
			    tasks[i].stopped_until != UINT64_MAX)
				return fail("no wait without end: one waits "
					    "for one that is stopped");
		sched_wake_stopped();
		if (!sched_run(false))
			return false;
	}
	if (!all_have_ended())
		return fail("no wait without end: nobody can go on");
	world.ended = true;
	for (unsigned int i = 1; i < SIM_TASKS; i++)
		sched_wake(&tasks[i]);
	if (!sched_run(false))
		return false;
	world.quit = true;
	sched_wake(&tasks[SERVER]);
	if (!sched_run(false))
		return false;
	return sched_last_word(end);
}

bool schedule_run(uint64_t seed, const struct scenario *s)
{
	if (s != prepared)
		world_prepare(s);
	prepared = s;
	sim_plan.seed = seed;
	world_start(seed);
	return run_phases();
}

/* Shorter ---------------------------------------------------------------- */

static bool fails_alike(const char *kind)
{
	return !schedule_run(sim_plan.seed, prepared) &&
	       sim_failure_kind == kind;
}

static void leave_out(unsigned int first, unsigned int n)
{
	unsigned int end = first + n;

	memmove(&sim_plan.event[first], &sim_plan.event[end],
		(sim_plan.n - end) * sizeof(*sim_plan.event));
	sim_plan.n -= n;
}

/* Of all stretches of that length those that need not be. */
static void leave_out_stretches(unsigned int len, const char *kind)
{
	static struct sim_plan all;
	unsigned int n;

	for (unsigned int i = 0; i < sim_plan.n;) {
		all = sim_plan;
		n = sim_plan.n - i < len ? sim_plan.n - i : len;
		leave_out(i, n);
		if (fails_alike(kind))
			continue;
		sim_plan = all;
		i += len;
	}
}

/* Halves first. */
void schedule_shrink(void)
{
	const char *kind = sim_failure_kind;

	sim_plan.replay = true;
	if (!fails_alike(kind)) {
		printf("sim: a replay of seed %lu does not fail alike\n",
		       (unsigned long)sim_plan.seed);
		return;
	}
	for (unsigned int len = sim_plan.n; len; len /= 2)
		leave_out_stretches(len, kind);
	printf("seed %lu: %u events are left\n", (unsigned long)sim_plan.seed,
	       sim_plan.n);
	fflush(stdout);
	sim_tracing = true;
	schedule_run(sim_plan.seed, prepared);
}
