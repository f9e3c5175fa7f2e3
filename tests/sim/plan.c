/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where something happens.  By chance, from a seed: one point in so many, or a
 * few of a whole schedule, since most faults need few preemptions at the right
 * points.  What happens is noted.  Or from such notes: a point is named by its
 * task and its number there, so that one can be left out and the others keep
 * their meaning.
 */
#include "tests/sim/sched.h"

#include <string.h>

#define NEVER       UINT64_MAX
#define MAX_TARGETS 12u
#define SOON        5u /* points */

struct sim_plan sim_plan;

int64_t sim_left = INT64_MAX;

static int64_t granted = INT64_MAX; /* sim_left when it was last looked at */
static uint64_t rng;

/* How the seed's preemptions come. */
static struct {
	uint64_t target[MAX_TARGETS]; /* steps, ascending: few of them ... */
	unsigned int n, i;
	uint32_t gap;   /* ... or one in so many: a mean */
	uint32_t until; /* steps; then all go on fairly */
} chance;

void plan_note(enum sim_action action, unsigned int arg, uint32_t n)
{
	struct sim_event e = { (uint8_t)(sim_cur - tasks), (uint8_t)action,
			       (uint8_t)arg, n, sim_cur->at };

	if (!sim_plan.replay && sim_plan.n < SIM_MAX_EVENTS)
		sim_plan.event[sim_plan.n++] = e;
}

/* The first event of the task at or after its point `at`. */
static const struct sim_event *planned(const struct task *k, uint64_t at)
{
	const struct sim_event *best = NULL;

	for (unsigned int i = 0; i < sim_plan.n; i++) {
		const struct sim_event *e = &sim_plan.event[i];

		if (e->task == k - tasks && e->at >= at &&
		    (!best || e->at < best->at))
			best = e;
	}
	return best;
}

/* Of this kind at this very point. */
const struct sim_event *plan_here(enum sim_action action)
{
	for (unsigned int i = 0; i < sim_plan.n; i++) {
		const struct sim_event *e = &sim_plan.event[i];

		if (e->task == sim_cur - tasks && e->at == sim_cur->at &&
		    e->action == action)
			return e;
	}
	return NULL;
}

const struct sim_event *plan_here_any(void)
{
	const struct sim_event *e = planned(sim_cur, sim_cur->at);

	return e && e->at == sim_cur->at ? e : NULL;
}

void plan_settle(void)
{
	uint64_t n = (uint64_t)(granted - sim_left);

	granted = sim_left;
	if (!sim_active || !sim_cur)
		return;
	sim_steps += n;
	sim_cur->at += n;
}

void plan_pass(void)
{
	plan_settle();
	sim_cur->at++;
	granted = --sim_left;
}

void plan_never(void)
{
	sim_left = granted = INT64_MAX;
}

static uint64_t draw_gap(void)
{
	uint64_t gap;

	if (sim_steps > chance.until)
		return NEVER;
	if (chance.gap)
		return 1 + sim_below(&rng, 2 * chance.gap);
	while (chance.i < chance.n && chance.target[chance.i] <= sim_steps)
		chance.i++;
	gap = chance.i < chance.n ? chance.target[chance.i] - sim_steps : NEVER;
	return gap;
}

void plan_next(struct task *k)
{
	uint64_t gap = k->slice_end > k->at ? k->slice_end - k->at : 1;
	uint64_t drawn;

	plan_settle();
	if (sim_plan.replay) {
		const struct sim_event *e = planned(k, k->at + 1);

		drawn = e ? e->at - k->at : NEVER;
	} else {
		drawn = draw_gap();
	}
	if (drawn < gap)
		gap = drawn;
	/* a signal that is still on its way */
	if (k->ipi && k->in_handler && !k->blocked && gap > SOON)
		gap = SOON;
	sim_left = granted = gap < INT64_MAX ? (int64_t)gap : INT64_MAX;
}

static void draw_strategy(void)
{
	static const uint16_t gaps[] = { 2, 6, 20, 60, 200, 600 };
	unsigned int i;

	memset(&chance, 0, sizeof(chance));
	chance.until = 20000;
	if (sim_below(&rng, 2)) {
		chance.gap = gaps[sim_below(&rng, 6)];
		chance.until = 500u << sim_below(&rng, 6);
		return;
	}
	chance.n = 1 + sim_below(&rng, MAX_TARGETS);
	for (i = 0; i < chance.n; i++)
		chance.target[i] = sim_below(&rng, 500u << sim_below(&rng, 6));
	for (i = 1; i < chance.n; i++)
		for (unsigned int j = i;
		     j && chance.target[j] < chance.target[j - 1]; j--) {
			uint64_t t = chance.target[j];

			chance.target[j] = chance.target[j - 1];
			chance.target[j - 1] = t;
		}
}

void plan_begin(void)
{
	rng = sim_plan.seed ^ 0x5eed;
	draw_strategy();
	if (!sim_plan.replay)
		sim_plan.n = 0;
}

void plan_end(void)
{
	chance.until = 0;
}

bool plan_by_chance(void)
{
	return !sim_plan.replay && sim_steps < chance.until;
}

uint32_t plan_below(uint32_t n)
{
	return sim_below(&rng, n);
}
