/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/program/tracees.h.  ptrace(2). */
#include "process/supervisor/program/tracees.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/inject/inject.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/base/proc.h"
#include "process/supervisor/base/socket.h"
#include "process/supervisor/base/thread_id.h"
#include "process/supervisor/cpuid/files.h"
#include "process/supervisor/cpuid/image.h"
#include "process/supervisor/cpuid/known.h"
#include "process/supervisor/platform/lives.h"
#include "process/supervisor/program/knock.h"
#include "process/supervisor/program/processes.h"

#define TRACER_MS 5000
_Static_assert(sizeof(struct user_regs_struct) ==
		       sizeof(((struct msg *)0)->trace.regs),
	       "registers");

struct tracee {
	struct tracee *next;
	pid_t tid;
	int fd;    /* its connection, or -1 */
	int blob;  /* its copy of the runtime's file, or -1 */
	bool held; /* by a tracer of the run */
	uint32_t filters;
	uint64_t mask, ignored;
};

#define SYNC_MASK \
	(INJECT_SIGNAL(SIGSYS) | INJECT_SIGNAL(SIGILL) | \
	 INJECT_SIGNAL(SIGSEGV) | INJECT_SIGNAL(SIGBUS) | \
	 INJECT_SIGNAL(SIGFPE) | INJECT_SIGNAL(SIGTRAP))

static struct tracee **find(struct tracees *s, pid_t tid)
{
	struct tracee **at = &s->first;

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

/* Those that a tracer held, and that died before they went on. */
static void forget_dead(struct tracees *s)
{
	struct tracee **at = &s->first;

	while (*at)
		if ((*at)->held && kill((*at)->tid, 0) < 0 && errno == ESRCH)
			drop(at);
		else
			at = &(*at)->next;
}

/*
 * Seize it, or find that a tracer of the run holds it.  Otherwise the message
 * says who holds it.
 */
static int seize(struct tracee *t, struct msg *msg)
{
	int err;

	if (!ptrace(PTRACE_SEIZE, t->tid, 0, INJECT_OPTIONS))
		return 0;
	err = -errno;
	msg->exec.tracer = (pid_t)proc_number(t->tid, "TracerPid:", 0);
	/* all three must know the thread by the same number */
	t->held = msg->exec.tracer && t->tid == msg->exec.tid &&
		  process_is_of_run(msg->exec.tracer);
	return t->held ? 0 : err;
}

static void add(struct tracees *s, struct tracee *t)
{
	struct tracee **same = find(s, t->tid);

	/* it asked before, and nothing came of that */
	if (*same)
		drop(same);
	t->next = s->first;
	s->first = t;
}

int tracees_seize(struct tracees *s, int fd, struct msg *msg)
{
	struct tracee *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	forget_dead(s);
	t->tid = knock_tid(s->knock, fd);
	if (!t->tid)
		t->tid = thread_id(knock_peer(s->knock, fd), msg->exec.tid);
	t->fd = fd;
	t->filters = msg->exec.filters;
	t->mask = msg->exec.mask;
	t->ignored = msg->exec.virtual_ignored;
	t->blob = -1;
	r = seize(t, msg);
	if (r)
		free(t);
	else
		add(s, t);
	return r;
}

int tracees_knock(struct tracees *s, const struct knock_exec *exec)
{
	int blob = inject_blob_file(), r = 0;
	struct tracee *t;

	if (blob < 0)
		return -ENOSYS;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct tracee){ .tid = exec->tid,
			      .fd = -1,
			      .blob = -1,
			      .filters = exec->filters,
			      .mask = exec->mask,
			      .ignored = exec->ignored };
	/* whatever is in the way is found out when it asks by a message */
	if (ptrace(PTRACE_SEIZE, t->tid, 0, INJECT_OPTIONS))
		r = -errno;
	if (r)
		free(t);
	else
		add(s, t);
	return r ? r : blob;
}

/*
 * A tracee must be stopped to be detached.  It waits for the server's answer in
 * the runtime, so the program does not see the stop.
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

static struct tracee **find_connection(struct tracees *s, int fd)
{
	struct tracee **at = &s->first;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

void tracees_forget(struct tracees *s, int fd)
{
	struct tracee *t = *find_connection(s, fd);

	if (t)
		t->fd = -1;
}

static void release(struct tracee **at)
{
	if (!*at)
		return;
	if (!(*at)->held)
		stop_and_detach((*at)->tid);
	drop(at);
}

void tracees_release(struct tracees *s, int fd)
{
	struct tracee **at = find_connection(s, fd);

	release(*at ? at : find(s, knock_tid(s->knock, fd)));
}

void tracees_handed(struct tracees *s, const struct knock_exec *exec, int fd)
{
	struct tracee **at = find(s, exec->tid);

	if (fd < 0)
		release(at);
	else if (*at)
		(*at)->blob = fd;
}

/*
 * The process can neither go on without the runtime nor go back to the image
 * it had before.
 */
static void not_injected(struct tracees *s, pid_t pid, const char *why, int err)
{
	bool no_proc = err == -ENOENT || err == -ESRCH;

	s->options->complain(
		"cannot put the runtime into process %d: %s: %s%s", pid, why,
		strerror(-err),
		no_proc ? "; is /proc mounted, for this pid namespace?" : "");
	s->not_injected = pid;
	kill(pid, SIGKILL);
}

/* What was sent to the process meanwhile.  DEVIATION DP52. */
static void send_held(pid_t pid, uint64_t held)
{
	for (int sig = 1; held; sig++, held >>= 1)
		if (held & 1)
			kill(pid, sig);
}

/* The first program runs: now there is time. */
static void use_time(struct tracees *s)
{
	if (s->params->cpuid == RT_CPUID_REWRITE)
		cpuid_read_libc(s->files);
	cpuid_learn(s->params);
}

static void inject_into(struct tracees *s, pid_t pid, const struct tracee *t,
			const struct inject_start *start,
			const struct inject_tracer *tracer)
{
	struct rt_params params = *s->params;
	struct inject_list list = { 0 };
	struct inject_result result;
	int r;

	/* nobody of the old image is in an enclave any more */
	lives_end(s->lives, pid);
	params.filters = t->filters;
	params.virtual_mask = t->mask & SYNC_MASK;
	params.virtual_ignored = t->ignored & SYNC_MASK;
	if (params.cpuid == RT_CPUID_REWRITE) {
		cpuid_list_image(s->files, pid, &list);
		cpuid_list_clean(s->files, &params);
	}
	r = inject(pid, start, tracer, &params, t->blob, &list,
		   t->mask & ~SYNC_MASK, &result);
	free(list.records);
	knock_listen(s->knock, result.knock);
	if (r)
		not_injected(s, pid, result.why, r);
	if (!t->held)
		ptrace(PTRACE_DETACH, pid, 0, 0);
	if (!s->params->nr_known)
		use_time(s);
	send_held(pid, result.held | (start ? start->held : 0));
}

static void exec_event(struct tracees *s, pid_t pid)
{
	struct inject_tracer tracer = inject_by_ptrace;
	unsigned long former = (unsigned long)pid;
	struct inject_start start;
	struct tracee **at;
	int r;

	/* a thread that is not the leader takes the leader's id at exec */
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &former);
	at = find(s, (pid_t)former);
	if (!*at)
		at = find(s, pid);
	if (!*at)
		return;
	tracer.self = &pid;
	r = inject_start(pid, &start);
	if (r)
		not_injected(s, pid,
			     "its file may not be read, and it does "
			     "not open its memory",
			     r);
	else
		inject_into(s, pid, *at, &start, &tracer);
	drop(at);
}

/* One thing that the tracer does.  0 or -errno; it may hang or die. */
static int ask(void *self, struct msg *msg, uint32_t what)
{
	int fd = *(const int *)self;
	struct pollfd answer = { .fd = fd, .events = POLLIN };

	msg->type = MSG_TRACE;
	msg->trace.what = what;
	socket_send(fd, msg, -1);
	if (poll(&answer, 1, TRACER_MS) != 1)
		return -ETIMEDOUT;
	if (recv(fd, msg, sizeof(*msg), MSG_DONTWAIT) != sizeof(*msg))
		return -EPIPE;
	return msg->trace.error;
}

static int ask_getregs(void *self, struct user_regs_struct *regs)
{
	struct msg msg = { .error = 0 };
	int r = ask(self, &msg, RT_TRACE_GETREGS);

	memcpy(regs, msg.trace.regs, sizeof(*regs));
	return r;
}

static int ask_setregs(void *self, const struct user_regs_struct *regs)
{
	struct msg msg = { .error = 0 };

	memcpy(msg.trace.regs, regs, sizeof(*regs));
	return ask(self, &msg, RT_TRACE_SETREGS);
}

static int ask_setsigmask(void *self, uint64_t mask)
{
	struct msg msg = { .trace = { .mask = mask } };

	return ask(self, &msg, RT_TRACE_SETSIGMASK);
}

static int ask_sigcode(void *self, int *code)
{
	struct msg msg = { .error = 0 };
	int r = ask(self, &msg, RT_TRACE_SIGCODE);

	*code = msg.trace.status;
	return r;
}

static int ask_cont(void *self, int sig, int *status)
{
	struct msg msg = { .trace = { .sig = (uint32_t)sig } };
	int r = ask(self, &msg, RT_TRACE_CONTINUE);

	*status = msg.trace.status;
	return r;
}

int tracees_inject(struct tracees *s, int fd, struct msg *msg)
{
	const struct inject_tracer tracer = {
		.getregs = ask_getregs,
		.setregs = ask_setregs,
		.setsigmask = ask_setsigmask,
		.sigcode = ask_sigcode,
		.cont = ask_cont,
		.self = &fd,
	};
	struct tracee **at = find(s, msg->exec.tid);

	if (!*at || !(*at)->held)
		return -ESRCH;
	inject_into(s, msg->exec.tid, *at, NULL, &tracer);
	drop(at);
	return 0;
}

static void stopped(struct tracees *s, pid_t pid, int status)
{
	int event = status >> 16;

	if (event == PTRACE_EVENT_EXEC)
		exec_event(s, pid);
	else if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_CONT, pid, 0, event ? 0 : (long)WSTOPSIG(status));
}

void tracees_wait(struct tracees *s)
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
