/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who goes on.  A task does until it waits, has had its time, or comes to a
 * point where the plan has something else in store: somebody else goes on, is
 * stopped, or is killed.
 */
#include "tests/sim/sched.h"

#include "tests/sim/hooks.h"
#include "tests/sim/trace.h"

#define MAX_STEPS 400000u       /* of one schedule */
#define MAX_TIME  1500000000ull /* nanoseconds, likewise */
#define STEP_NS   10000u
#define NEVER     UINT64_MAX
#define SLICE     3000u /* points; then others' turn anyway */

struct world world;

static uint64_t slept; /* of sim_time: nobody had to do */

bool task_is_stopped(const struct task *k)
{
	if (!k->stopped_until)
		return false;
	plan_settle();
	return k->stopped_until > sim_steps;
}

bool task_is_ready(const struct task *k)
{
	return k->state == TASK_READY && !task_is_stopped(k);
}

/* Others -------------------------------------------------------------- */

static void wake_sleepers(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++) {
		struct task *k = &tasks[i];

		if (k->state == TASK_SLEEPING && k->wakes <= sim_time)
			k->state = TASK_READY;
	}
}

static struct task *next_ready(void)
{
	unsigned int from = sim_cur ? (unsigned int)(sim_cur - tasks) : 0;

	for (unsigned int i = 1; i <= SIM_TASKS; i++) {
		struct task *k = &tasks[(from + i) % SIM_TASKS];

		if (task_is_ready(k))
			return k;
	}
	return NULL;
}

struct task *task_random(void)
{
	struct task *ready[SIM_TASKS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < SIM_TASKS; i++)
		if (task_is_ready(&tasks[i]) && &tasks[i] != sim_cur)
			ready[n++] = &tasks[i];
	return n ? ready[plan_below(n)] : NULL;
}

/* Nobody is ready: time goes on, or those that are stopped do. */
static bool let_time_pass(void)
{
	uint64_t wakes = NEVER, goes_on = NEVER;

	for (unsigned int i = 0; i < SIM_TASKS; i++) {
		const struct task *k = &tasks[i];

		if (k->state == TASK_SLEEPING && k->wakes < wakes)
			wakes = k->wakes;
		if (k->state == TASK_READY && task_is_stopped(k) &&
		    k->stopped_until < goes_on)
			goes_on = k->stopped_until;
	}
	if (goes_on != NEVER) {
		sim_steps = goes_on;
	} else if (wakes != NEVER) {
		slept += wakes - sim_time;
		sim_time = wakes;
	} else {
		return false;
	}
	return true;
}

/* Who goes on where the current task cannot, or need not. */
struct task *task_choose(void)
{
	const struct sim_event *e;
	struct task *k;

	plan_settle();
	sim_time = sim_steps * STEP_NS + slept;
	do {
		wake_sleepers();
		k = next_ready();
	} while (!k && let_time_pass());
	if (!k || !sim_cur)
		return k;
	if (sim_plan.replay) {
		e = plan_here(SIM_GO);
		if (e && task_is_ready(&tasks[e->arg]))
			k = &tasks[e->arg];
	} else if (plan_by_chance() && plan_below(2)) {
		k = task_random();
		if (!k)
			k = next_ready();
		plan_note(SIM_GO, (unsigned int)(k - tasks), 0);
	}
	return k;
}

void task_switch(struct task *k)
{
	struct task *from = sim_cur;

	plan_settle();
	k->slice_end = k->at + SLICE;
	if (k == from) {
		plan_next(k);
		return;
	}
	trace_leave(from);
	trace_enter(k);
	sim_cur = k;
	plan_next(k);
	stack_switch(from, k);
}

void sched_check_patience(void)
{
	if (sim_steps > MAX_STEPS)
		sim_fail("no wait without end: %u steps, and not everybody "
			 "has done what he had to",
			 MAX_STEPS);
	if (slept > MAX_TIME)
		sim_fail("no wait without end: %u ms have been slept",
			 (unsigned int)(slept / 1000000));
}

/* The task waits: others' turn, if there are any. */
void sched_give_way(void)
{
	struct task *k;

	check_step();
	k = task_choose();
	sched_check_patience();
	if (k)
		task_switch(k);
	else
		stack_to_main();
	machine_interrupt(sim_cur);
}

void sched_yield_to_others(void)
{
	if (!sim_active)
		return;
	sim_steps++;
	plan_pass();
	sim_cur->pc = __builtin_return_address(0);
	sched_give_way();
}

void sim_pause(void)
{
	if (!sim_active)
		return;
	sim_steps++;
	plan_pass();
	sim_cur->pc = __builtin_return_address(0);
	sched_give_way();
}

void sched_block(void)
{
	plan_pass();
	sim_cur->pc = __builtin_return_address(0);
	if (sim_cur->state == TASK_READY)
		sim_cur->state = TASK_BLOCKED;
	sched_give_way();
}

void sched_wake(struct task *k)
{
	if (k->state == TASK_BLOCKED || k->state == TASK_SLEEPING)
		k->state = TASK_READY;
}

void sched_sleep(uint64_t ns)
{
	if (!sim_active)
		return;
	plan_pass();
	sim_cur->pc = __builtin_return_address(0);
	sim_cur->state = TASK_SLEEPING;
	sim_cur->wakes = sim_time + ns;
	sched_give_way();
}

/* From outside -------------------------------------------------------- */

bool sched_run(bool first)
{
	if (first) {
		slept = 0;
		plan_begin();
	} else {
		plan_end();
	}
	sim_cur = NULL;
	stack_run(task_choose());
	return !sim_failure;
}
