/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds a run from outside.  Its server listens on an abstract socket that is
 * named after the front's process id, and the front is an ancestor of the run's
 * processes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "process/supervisor/base/proc.h"
#include "process/supervisor/base/socket.h"
#include "process/supervisor/supervisor.h"

struct search {
	pid_t front;
	char name[RT_SOCKET_NAME];
};

static bool is_of_front(const char *name, bool listens, void *arg)
{
	struct search *s = arg;
	int front;

	(void)listens;
	if (sscanf(name, "swsgx-%d-", &front) != 1 || front != s->front)
		return false;
	snprintf(s->name, sizeof(s->name), "%s", name);
	return true;
}

static bool is_zombie(pid_t pid)
{
	char state[32];

	return proc_status(pid, "State:", state, sizeof(state)) &&
	       state[0] == 'Z';
}

int supervisor_connect(pid_t pid)
{
	struct search s = { .front = pid };

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	for (; s.front > 0; s.front = (pid_t)proc_number(s.front, "PPid:", 0))
		if (proc_each_socket(is_of_front, &s))
			return socket_connect(s.name);
	/* Perhaps the front of a run that is over. */
	return is_zombie(pid) ? -ESRCH : -ENOENT;
}

struct visit {
	void (*fn)(pid_t front, int fd, void *arg);
	void *arg;
};

static bool visit_run(const char *name, bool listens, void *arg)
{
	const struct visit *v = arg;
	int front, fd;

	/* each connection to the socket has a line of its own, too */
	if (!listens || sscanf(name, "swsgx-%d-", &front) != 1)
		return false;
	fd = socket_connect(name);
	if (fd >= 0)
		v->fn(front, fd, v->arg);
	return false;
}

void supervisor_each_run(void (*fn)(pid_t front, int fd, void *arg), void *arg)
{
	struct visit v = { fn, arg };

	proc_each_socket(visit_run, &v);
}

int supervisor_call(int fd, struct msg *msg)
{
	return socket_call(fd, msg);
}

int supervisor_fetch(int fd, struct msg *msg, int *file)
{
	return socket_fetch(fd, msg, file);
}

/* mincore(2): ENOMEM where nothing is mapped. */
bool supervisor_is_inside(void)
{
	unsigned char resident;

	return mincore((void *)RT_BASE, 1, &resident) == 0;
}
