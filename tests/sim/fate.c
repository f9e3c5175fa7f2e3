/* SPDX-License-Identifier: BSD-3-Clause */
/* What befalls tasks at the points that the plan has chosen. */
#include "tests/sim/sched.h"

#define NEVER UINT64_MAX

void sim_kill(unsigned int proc)
{
	world.proc[proc].dead = true;
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		if (tasks[i].state != TASK_NONE && tasks[i].proc == proc)
			tasks[i].state = TASK_DEAD;
	sched_wake(&tasks[SERVER]);
}

static bool may_be_killed(unsigned int proc)
{
	if (proc == SIM_PROCS)
		return sim_scenario->servers && !world.no_server;
	return proc && proc < SIM_PROCS && !world.proc[proc].dead;
}

/* arg of SIM_KILL: a process, or SIM_PROCS for the server. */
static void kill_one(unsigned int which)
{
	if (which == SIM_PROCS) {
		sim_trace("the server is killed");
		server_gone();
	} else {
		sim_trace("process %u is killed", which);
		sim_kill(which);
	}
}

static bool may_be_stopped(const struct task *k)
{
	return k->proc < SIM_PROCS && !task_is_stopped(k) &&
	       (k->state == TASK_READY || k->state == TASK_BLOCKED);
}

static void stop_one(struct task *k, uint32_t n)
{
	sim_trace("p%u.%u is stopped for %u steps", k->proc, k->n, n);
	plan_settle();
	k->stopped_until = n ? sim_steps + n : NEVER;
}

/* Who has the lock of his address space is stopped with his process. */
static void stop(struct task *k, uint32_t n)
{
	bool all = world_mm_is_locked(k->proc);

	for (unsigned int i = 1; i < SIM_TASKS; i++)
		if (&tasks[i] == k || (all && tasks[i].proc == k->proc))
			stop_one(&tasks[i], n);
}

bool sched_any_stopped(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		if (task_is_stopped(&tasks[i]) && tasks[i].state != TASK_DEAD)
			return true;
	return false;
}

void sched_wake_stopped(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++)
		if (tasks[i].stopped_until == NEVER)
			tasks[i].stopped_until = 0;
}

static void draw_action(void)
{
	const struct scenario *s = sim_scenario;
	uint32_t which = plan_below(8), n;
	struct task *k;

	if (which == 0 && world.kills < s->kills) {
		n = plan_below(SIM_PROCS);
		if (may_be_killed(n)) {
			world.kills++;
			plan_note(SIM_KILL, n, 0);
			kill_one(n);
			return;
		}
	} else if (which == 2 && may_be_killed(SIM_PROCS)) {
		plan_note(SIM_KILL, SIM_PROCS, 0);
		kill_one(SIM_PROCS);
		return;
	} else if (which == 1 && world.stops < s->stops) {
		k = &tasks[plan_below(SIM_TASKS)];
		n = plan_below(2) && k->proc && s->stops_forever ?
			    0 :
			    50u << plan_below(8);
		if (may_be_stopped(k)) {
			world.stops++;
			plan_note(SIM_STOP, (unsigned int)(k - tasks), n);
			stop(k, n);
			return;
		}
	}
	k = task_random();
	if (k) {
		plan_note(SIM_GO, (unsigned int)(k - tasks), 0);
		check_step();
		task_switch(k);
	}
}

static void replay_action(const struct sim_event *e)
{
	struct task *k = &tasks[e->arg];

	switch (e->action) {
	case SIM_KILL:
		if (may_be_killed(e->arg))
			kill_one(e->arg);
		break;
	case SIM_STOP:
		if (may_be_stopped(k))
			stop(k, e->n);
		break;
	case SIM_GO:
		if (task_is_ready(k) && k != sim_cur) {
			check_step();
			task_switch(k);
		}
		break;
	default:
		break;
	}
}

void sched_slow(const void *pc)
{
	const struct sim_event *e;

	plan_settle();
	sim_cur->pc = pc;
	sched_check_patience();
	if (sim_plan.replay) {
		e = plan_here_any();
		if (e)
			replay_action(e);
	} else if (plan_by_chance()) {
		draw_action();
	}
	if (sim_cur->state == TASK_DEAD || task_is_stopped(sim_cur) ||
	    sim_cur->at >= sim_cur->slice_end)
		sched_give_way();
	plan_next(sim_cur);
	machine_interrupt(sim_cur);
}

bool sched_late(void)
{
	plan_settle();
	if (sim_plan.replay)
		return plan_here(SIM_LATE);
	if (!plan_by_chance() || plan_below(4))
		return false;
	plan_note(SIM_LATE, 0, 0);
	return true;
}
