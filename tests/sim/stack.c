/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks as coroutines: their stacks, and the way to and from them. */
#include "tests/sim/sched.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "process/ctl.h"

struct task tasks[SIM_TASKS];
struct task *sim_cur;
bool sim_active, sim_tracing;
uint64_t sim_steps, sim_time;
const char *sim_failure, *sim_failure_kind;

static uint64_t main_sp;
static bool is_running;

void sched_init(void)
{
	uint8_t *slots = mmap(NULL, (SIM_TASKS + 1) * RT_SLOT_SIZE,
			      PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		abort();
	slots += -(uintptr_t)slots & (RT_SLOT_SIZE - 1);
	for (unsigned int i = 0; i < SIM_TASKS; i++) {
		tasks[i].t = (struct thread *)(slots + i * RT_SLOT_SIZE);
		tasks[i].stack_end = slots + (i + 1) * RT_SLOT_SIZE;
	}
}

_Noreturn static void task_start(void)
{
	sim_cur->main(sim_cur);
	sim_cur->state = TASK_DONE;
	sched_block();
	abort();
}

static void prepare_stack(struct task *k)
{
	uint64_t *sp = (uint64_t *)k->stack_end;

	*--sp = 0;
	*--sp = (uint64_t)(uintptr_t)task_start;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	k->sp = (uint64_t)(uintptr_t)sp;
}

struct task *task_new(unsigned int proc, unsigned int n,
		      void (*main)(struct task *k))
{
	struct task *k = tasks;

	while (k->state != TASK_NONE)
		if (++k == &tasks[SIM_TASKS])
			abort();
	k->state = TASK_READY;
	k->proc = proc;
	k->n = n;
	k->main = main;
	prepare_stack(k);
	return k;
}

void sched_reset(void)
{
	for (unsigned int i = 0; i < SIM_TASKS; i++) {
		struct task *k = &tasks[i];

		*k = (struct task){ .t = k->t,
				    .stack_end = k->stack_end,
				    .uc = k->uc,
				    .msg = k->msg };
	}
	sim_cur = NULL;
	sim_steps = sim_time = 0;
	sim_failure = NULL;
}

/* Returns when the task goes on in another run. */
void stack_to_main(void)
{
	sim_switch(&sim_cur->sp, main_sp);
}

void sim_fail(const char *format, ...)
{
	static char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sim_failure = text;
	sim_failure_kind = format;
	plan_settle();
	if (!is_running) {
		fprintf(stderr, "sim: the world cannot be made: %s\n", text);
		exit(2);
	}
	sim_trace("FAILS: %s", text);
	stack_to_main();
	abort();
}

void stack_run(struct task *k)
{
	is_running = sim_active = true;
	sim_cur = NULL;
	if (k)
		task_switch(k);
	is_running = sim_active = false;
	plan_never();
}

void stack_switch(struct task *from, struct task *to)
{
	sim_switch(from ? &from->sp : &main_sp, to->sp);
}

static struct {
	void (*f)(struct task *k);
} call;

_Noreturn static void call_start(void)
{
	call.f(sim_cur);
	stack_to_main();
	abort();
}

void sched_call(struct task *k, void (*f)(struct task *k))
{
	uint64_t *sp;

	prepare_stack(k);
	sp = (uint64_t *)k->sp;
	sp[6] = (uint64_t)(uintptr_t)call_start;
	call.f = f;
	sim_cur = k;
	sim_switch(&main_sp, k->sp);
	prepare_stack(k);
	sim_cur = NULL;
}

bool sched_last_word(void (*f)(struct task *k))
{
	is_running = true;
	sched_call(&tasks[SERVER], f);
	is_running = false;
	return !sim_failure;
}
