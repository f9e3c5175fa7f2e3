/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/program/processes.h. */
#include "process/supervisor/program/processes.h"

#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/proc.h"

static bool is_marker(const struct proc_mapping *m, void *arg)
{
	return m->start == *(const uint64_t *)arg;
}

bool process_is_of_run(pid_t pid)
{
	uint64_t marker = RT_MARKER(getpid());

	return proc_each_mapping(pid, is_marker, &marker);
}

static bool is_of_run(pid_t pid, void *arg)
{
	(void)arg;
	return pid != getpid() && process_is_of_run(pid);
}

bool processes_any(void)
{
	return proc_each_process(is_of_run, NULL);
}
