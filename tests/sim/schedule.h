/* SPDX-License-Identifier: BSD-3-Clause */
/* See schedule.c. */
#ifndef SWSGX_TESTS_SIM_SCHEDULE_H
#define SWSGX_TESTS_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct scenario;

/* False: sim_failure says why. */
bool schedule_run(uint64_t seed, const struct scenario *s);
/* The last one failed: with fewer events, and shown. */
void schedule_shrink(void);

#endif
