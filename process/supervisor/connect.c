/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a run from outside: its server listens on an abstract socket named
 * after the front's process id, and the front is an ancestor of the run's
 * processes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/supervisor/supervisor.h"

static pid_t parent_of(pid_t pid)
{
	char line[128], path[64];
	int ppid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "PPid: %d", &ppid) == 1)
			break;
	fclose(f);
	return ppid;
}

/* The abstract socket of the run whose front is pid. */
static bool socket_of(pid_t pid, char name[RT_SOCKET_NAME])
{
	char line[512], want[32];
	bool found = false;
	FILE *f = fopen("/proc/net/unix", "re");

	if (!f)
		return false;
	snprintf(want, sizeof(want), "@swsgx-%d-", (int)pid);
	while (!found && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, want);

		if (!at)
			continue;
		at[strcspn(at, "\n")] = 0;
		snprintf(name, RT_SOCKET_NAME, "%.*s", RT_SOCKET_NAME - 1,
			 at + 1);
		found = true;
	}
	fclose(f);
	return found;
}

/* Its flags have __SO_ACCEPTCON; proc(5), /proc/net/unix. */
static bool is_listening(const char *line)
{
	unsigned int flags = 0;

	return sscanf(line, "%*s %*x %*x %x", &flags) == 1 &&
	       (flags & 0x10000);
}

static int connect_to(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(un.sun_path + 1, name, len);
	if (connect(fd, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				len)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int supervisor_connect(pid_t pid)
{
	char name[RT_SOCKET_NAME];

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return -ESRCH;
	for (; pid > 0; pid = parent_of(pid))
		if (socket_of(pid, name))
			return connect_to(name);
	return -ENOENT;
}

void supervisor_each_run(void (*fn)(pid_t front, int fd, void *arg), void *arg)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "@swsgx-");
		int front, fd;

		/* not the connections: those have another state */
		if (!at || sscanf(at, "@swsgx-%d-", &front) != 1 ||
		    !is_listening(line))
			continue;
		at[strcspn(at, "\n")] = 0;
		fd = connect_to(at + 1);
		if (fd >= 0)
			fn(front, fd, arg);
	}
	fclose(f);
}

int supervisor_call(int fd, struct msg *msg)
{
	ssize_t n = send(fd, msg, sizeof(*msg), MSG_NOSIGNAL);

	if (n == sizeof(*msg))
		n = recv(fd, msg, sizeof(*msg), 0);
	if (n < 0)
		return -errno;
	if (n != sizeof(*msg))
		return -EACCES;	/* closed without an answer: not ours to ask */
	return msg->error;
}

bool supervisor_is_inside(void)
{
	unsigned long start;
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "re");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%lx-", &start) == 1 && start == RT_BASE;
	fclose(f);
	return found;
}
