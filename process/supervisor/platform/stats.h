/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of a run, thread by thread, for `swsgx stat` and `--stats`. */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_STATS_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct platform;

/* At the start of the run. */
void stats_begin(struct platform *p, bool clock);
/* From now on transitions read the clock. */
void stats_start_clock(struct platform *p);
/* A memory file as in process/stats.h, which the caller closes; or -errno. */
int stats_snapshot(struct platform *p);

#endif
