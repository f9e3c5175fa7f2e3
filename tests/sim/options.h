/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command was asked for. */
#ifndef SWSGX_TESTS_SIM_OPTIONS_H
#define SWSGX_TESTS_SIM_OPTIONS_H

#include "tests/sim/sim.h"

#define MAX_JOBS 64u

struct options {
	uint64_t seed, schedules; /* so many; 0: without end */
	unsigned int set[32], n;  /* scenarios, as indices */
	unsigned int jobs;
	bool trace, shrink, keep_going;
	const char *expect;
};

/* main.c: one schedule.  False: it failed. */
bool run_seed(const struct options *o, uint64_t seed);
void tell_failure(const struct options *o, uint64_t seed, const char *text);
/* many.c: a range of seeds.  What the command returns. */
int run_many(const struct options *o);

#endif
