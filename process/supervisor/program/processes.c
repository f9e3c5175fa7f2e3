/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/program/processes.h. */
#include "process/supervisor/program/processes.h"

#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/proc.h"

static bool is_marker(const struct proc_mapping *m, void *arg)
{
	(void)arg;
	return m->start == RT_MARKER(getpid());
}

bool process_is_of_run(pid_t pid)
{
	return proc_each_mapping(pid, is_marker, NULL);
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
