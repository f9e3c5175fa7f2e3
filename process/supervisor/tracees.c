/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that are about to execve: seized by the server, injected at the exec
 * event, let go.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/inject/inject.h"
#include "process/supervisor/server.h"

struct tracee {
	struct tracee *next;
	pid_t tid;
	int fd;			/* its connection */
	uint32_t filters;
	uint64_t mask, ignored;
};

#define SYNC_MASK                                                         \
	((1ull << (SIGSYS - 1)) | (1ull << (SIGILL - 1)) |                \
	 (1ull << (SIGSEGV - 1)) | (1ull << (SIGBUS - 1)) |               \
	 (1ull << (SIGFPE - 1)) | (1ull << (SIGTRAP - 1)))

static struct tracee **find(struct server *s, pid_t tid)
{
	struct tracee **at = &s->tracees;

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	return at;
}

static void drop(struct tracee **at)
{
	struct tracee *t = *at;

	*at = t->next;
	free(t);
}

static int tracer_of(pid_t tid)
{
	char line[128], path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &pid) == 1)
			break;
	fclose(f);
	return pid;
}

int tracee_seize(struct server *s, int fd, struct msg *msg)
{
	struct tracee *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->tid = thread_id(fd, msg->exec.tid);
	t->fd = fd;
	t->filters = msg->exec.filters;
	t->mask = msg->exec.mask;
	t->ignored = msg->exec.virtual_ignored;
	if (ptrace(PTRACE_SEIZE, t->tid, 0,
		   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0) {
		int err = -errno;

		msg->exec.tracer = tracer_of(t->tid);
		free(t);
		return err;
	}
	t->next = s->tracees;
	s->tracees = t;
	return 0;
}

/*
 * To detach, the tracee must be stopped.  It waits for our answer in the
 * runtime, so a stop shows nothing to the program.
 */
static void stop_and_detach(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0)
		return;
	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		return;
	ptrace(PTRACE_DETACH, tid, 0,
	       status >> 16 ? 0 : (long)WSTOPSIG(status));
}

void tracee_release(struct server *s, int fd)
{
	struct tracee **at = &s->tracees;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	if (!*at)
		return;
	stop_and_detach((*at)->tid);
	drop(at);
}

/* It cannot go on without the runtime, nor back to what it was before. */
static void not_injected(struct server *s, pid_t pid, const char *why, int err)
{
	bool no_proc = err == -ENOENT || err == -ESRCH;

	s->options->complain("cannot put the runtime into process %d: %s: %s%s",
			     pid, why, strerror(-err), no_proc ?
			     "; is /proc mounted, for this pid namespace?" :
			     "");
	s->not_injected = pid;
	kill(pid, SIGKILL);
}

static void injected(struct server *s, pid_t pid, const struct tracee *t)
{
	struct rt_params params = s->params;
	struct inject_list list = { 0 };
	struct inject_result result;
	int r;

	/* who was inside is so no longer, though the process lives on */
	life_over(s, pid);
	params.filters = t->filters;
	params.virtual_mask = t->mask & SYNC_MASK;
	params.virtual_ignored = t->ignored & SYNC_MASK;
	if (params.cpuid == RT_CPUID_REWRITE)
		cpuid_list_image(s, pid, &list);
	r = inject(pid, &params, &list, t->mask & ~SYNC_MASK, &result);
	free(list.records);
	if (r)
		not_injected(s, pid, result.why, r);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	if (result.sigstop)
		kill(pid, SIGSTOP);
}

static void exec_event(struct server *s, pid_t pid)
{
	unsigned long former = (unsigned long)pid;
	struct tracee **at;

	/* a thread that is not the leader takes the leader's id at exec */
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &former);
	at = find(s, (pid_t)former);
	if (!*at)
		at = find(s, pid);
	if (!*at)
		return;
	injected(s, pid, *at);
	drop(at);
}

static void stopped(struct server *s, pid_t pid, int status)
{
	int event = status >> 16;

	if (event == PTRACE_EVENT_EXEC)
		exec_event(s, pid);
	else if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_CONT, pid, 0,
		       event ? 0 : (long)WSTOPSIG(status));
}

void tracees_wait(struct server *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (WIFSTOPPED(status)) {
			stopped(s, pid, status);
		} else {
			struct tracee **at = find(s, pid);

			if (*at)
				drop(at);
		}
	}
}
