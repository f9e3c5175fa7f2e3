/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/base/thread_id.h.  proc(5), NSpid in status. */
#include "process/supervisor/base/thread_id.h"

#include <stdbool.h>

#include "process/supervisor/base/proc.h"

struct search {
	pid_t pid, own, found;
};

static bool is_wanted(pid_t tid, void *arg)
{
	struct search *s = arg;

	if (proc_innermost_id(s->pid, tid) != s->own)
		return false;
	s->found = tid;
	return true;
}

pid_t thread_by_own_id(pid_t pid, pid_t own)
{
	struct search s = { .pid = pid, .own = own };

	proc_each_thread(pid, is_wanted, &s);
	return s.found;
}

pid_t thread_id(pid_t pid, pid_t own)
{
	if (!pid)
		return 0;
	if (proc_innermost_id(pid, own) == own)
		return own;
	/* a kernel without pid namespaces does not say */
	if (!proc_innermost_id(pid, pid))
		return own;
	return thread_by_own_id(pid, own);
}
