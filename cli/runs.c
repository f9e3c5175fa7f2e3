/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/runs.h. */
#include "cli/runs.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "process/supervisor/supervisor.h"

static int parse_pid(const char *text, pid_t *pid)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n <= 0 || n > INT32_MAX) {
		complain("PID: '%s' is not a process id; expected a positive "
			 "number",
			 text);
		return -1;
	}
	*pid = (pid_t)n;
	return 0;
}

static int open_run(pid_t pid)
{
	int fd = supervisor_connect(pid);

	if (fd >= 0)
		return fd;
	if (fd == -ESRCH)
		complain("no process %d, or it has ended", (int)pid);
	else if (fd == -ENOENT)
		complain("process %d does not run under swsgx run", (int)pid);
	else
		complain("cannot reach the run of process %d: %s", (int)pid,
			 strerror(-fd));
	return -1;
}

static void complain_of(int error, pid_t pid)
{
	if (error == -EACCES)
		complain("the run of process %d belongs to another user",
			 (int)pid);
	else
		complain("the run of process %d did not answer: %s", (int)pid,
			 strerror(-error));
}

static int ask(pid_t pid, int fd, const struct run_request *request)
{
	struct msg msg = request->msg;
	int file = -1;
	int r = request->answered_file ? supervisor_fetch(fd, &msg, &file) :
					 supervisor_call(fd, &msg);

	close(fd);
	if (!r && request->answered_file)
		request->answered_file(pid, &msg, file);
	else if (!r)
		request->answered(pid, &msg);
	if (file >= 0)
		close(file);
	return r;
}

int runs_connect(const char *text)
{
	pid_t pid;

	return parse_pid(text, &pid) ? -1 : open_run(pid);
}

int runs_ask_pid(const char *text, const struct run_request *request)
{
	pid_t pid;
	int fd, r;

	if (parse_pid(text, &pid))
		return -1;
	fd = open_run(pid);
	if (fd < 0)
		return -1;
	r = ask(pid, fd, request);
	if (r)
		complain_of(r, pid);
	return r ? -1 : 0;
}

bool runs_is_over(const char *text)
{
	int fd = supervisor_connect((pid_t)strtol(text, NULL, 10));

	if (fd >= 0)
		close(fd);
	return fd == -ESRCH || fd == -ENOENT || fd == -ECONNREFUSED;
}

struct asked {
	const struct run_request *request;
	unsigned int runs, failed;
};

static void ask_one(pid_t pid, int fd, void *arg)
{
	struct asked *asked = arg;
	int r = ask(pid, fd, asked->request);

	/* leave out other users' runs, and a run that has just ended */
	if (r == -EACCES || r == -ECONNRESET)
		return;
	asked->runs++;
	if (!r)
		return;
	asked->failed++;
	complain_of(r, pid);
}

int runs_ask_all(const struct run_request *request)
{
	struct asked asked = { .request = request };

	supervisor_each_run(ask_one, &asked);
	if (!asked.runs)
		complain("no run of this user is going on");
	return asked.failed || !asked.runs ? -1 : 0;
}
