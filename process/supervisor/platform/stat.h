/* SPDX-License-Identifier: BSD-3-Clause */
/* What `swsgx stat` and swsgx_counters() show. */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_STAT_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_STAT_H

struct platform;
struct rt_counters;

void stat_fill(struct platform *p, struct rt_counters *c);

#endif
