/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes of `swsgx check`: ptrace(2).  The server of a run uses it at each exec
 * to put the runtime into the program, and then lets go.  Yama's ptrace_scope 1
 * allows only ancestors, and the server is none; so the program names it:
 * prctl(2) PR_SET_PTRACER.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/check/probe.h"

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* The injector writes to its tracee's memory by /proc/PID/mem. */
static int read_memory(pid_t pid, const long *word)
{
	char path[32];
	long seen = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = pread(fd, &seen, sizeof(seen), (off_t)(uintptr_t)word);
	close(fd);
	if (n != sizeof(seen))
		return n < 0 ? errno : EIO;
	return seen == *word ? 0 : EIO;
}

static int seize(struct probe_child *child, pid_t pid, const long *word)
{
	int status;

	child->step = "ptrace(PTRACE_SEIZE)";
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return errno;
	child->step = "ptrace(PTRACE_INTERRUPT)";
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return errno;
	if (waitpid(pid, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return ECHILD;
	child->step = "/proc/PID/mem";
	return read_memory(pid, word);
}

/* The server's part, played by a child: it traces its parent. */
static int serve(struct probe_child *child, int start, const long *word)
{
	pid_t parent = getppid();
	char byte;

	if (read(start, &byte, 1) != 1)
		return EPIPE;
	return seize(child, parent, word);
}

static int try_ptrace(struct probe_child *child)
{
	static const long word = 0x73777367;
	int status, ends[2];
	pid_t server;

	child->step = "fork";
	if (pipe(ends))
		return errno;
	server = fork();
	if (server < 0)
		return errno;
	if (server == 0) {
		alarm(4);
		_exit(serve(child, ends[0], &word));
	}
	/* fails where there is no yama, and is not needed there */
	prctl(PR_SET_PTRACER, server, 0, 0, 0);
	if (write(ends[1], "", 1) != 1)
		return errno;
	if (waitpid(server, &status, 0) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ETIMEDOUT;
}

static void why_not(struct probe_result *result, long scope)
{
	long tracer = probe_own_status("TracerPid:");

	if (tracer > 0)
		probe_cure(result,
			   "process %ld traces this one: start swsgx "
			   "without it",
			   tracer);
	else if (scope >= 3)
		probe_cure(result,
			   "kernel.yama.ptrace_scope=%ld forbids it "
			   "until the next boot: boot with "
			   "kernel.yama.ptrace_scope=1",
			   scope);
	else if (scope == 2)
		probe_cure(result, "sysctl kernel.yama.ptrace_scope=1, or run "
				   "as root (docker run --cap-add SYS_PTRACE)");
	else if (probe_own_status("Seccomp:") > 0)
		probe_cure(result, "docker run --cap-add SYS_PTRACE, "
				   "or " PROBE_CURE_PROFILE "ptrace(2)");
	else
		probe_cure(result, "ask whoever runs this host which security "
				   "module forbids ptrace(2)");
}

void probe_ptrace(struct probe_result *result)
{
	char yama[48] = "no yama";
	long scope = -1;

	if (probe_read_number(YAMA, &scope))
		snprintf(yama, sizeof(yama), "yama ptrace_scope %ld", scope);
	if (probe_try(result, try_ptrace)) {
		probe_found(result, "a process can be traced; %s", yama);
		return;
	}
	strncat(result->found, "; ",
		sizeof(result->found) - strlen(result->found) - 1);
	strncat(result->found, yama,
		sizeof(result->found) - strlen(result->found) - 1);
	why_not(result, scope);
}
