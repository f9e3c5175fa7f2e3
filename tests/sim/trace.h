/* SPDX-License-Identifier: BSD-3-Clause */
/* What `--trace` shows: a line for each turn of a task, and what it does. */
#ifndef SWSGX_TESTS_SIM_TRACE_H
#define SWSGX_TESTS_SIM_TRACE_H

struct task;

void trace_leave(const struct task *k); /* the one that runs */
void trace_enter(const struct task *k);

#endif
