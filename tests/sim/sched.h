/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the parts of the scheduler: plan.c, sched.c, stack.c. */
#ifndef SWSGX_TESTS_SIM_SCHED_H
#define SWSGX_TESTS_SIM_SCHED_H

#include "tests/sim/sim.h"

/* plan.c: where something happens, and what ------------------------------ */

void plan_begin(void);
/* No more by chance from now on. */
void plan_end(void);
/* When does the current task have to look up? */
void plan_next(struct task *k);
/* Points that were only counted down become steps, and the task's. */
void plan_settle(void);
/* A point of the current task that is no step. */
void plan_pass(void);
/* Nobody has to look up: the world is being made. */
void plan_never(void);
/* Something of this kind is planned for the current task's point. */
const struct sim_event *plan_here(enum sim_action action);
const struct sim_event *plan_here_any(void);
/* It happens: for a replay. */
void plan_note(enum sim_action action, unsigned int arg, uint32_t n);
bool plan_by_chance(void); /* not a replay, nor at its end */
uint32_t plan_below(uint32_t n);

/* sched.c ---------------------------------------------------------------- */

bool task_is_stopped(const struct task *k);
bool task_is_ready(const struct task *k);
struct task *task_random(void); /* another one that is ready, or NULL */
struct task *task_choose(void);
void task_switch(struct task *k);
/* The current task waits: others' turn, if there are any. */
void sched_give_way(void);
void sched_check_patience(void);

/* stack.c ---------------------------------------------------------------- */

void sim_switch(uint64_t *save, uint64_t to);
void stack_switch(struct task *from, struct task *to);
void stack_to_main(void);
/* From the main program to the task, until stack_to_main(). */
void stack_run(struct task *k);

#endif
