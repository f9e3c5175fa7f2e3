/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/check/probe.h. */
#include "cli/check/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/supervisor/base/proc.h"

#define CHILD_SECONDS 5

void probe_found(struct probe_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->found, sizeof(result->found), format, args);
	va_end(args);
}

void probe_cure(struct probe_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->cure, sizeof(result->cure), format, args);
	va_end(args);
}

/* A child that dies is an answer: it leaves no core, and takes no long time. */
static void __attribute__((noreturn))
be_child(int (*try)(struct probe_child *child), struct probe_child *child)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGALRM, SIG_DFL);
	alarm(CHILD_SECONDS);
	_exit(try(child));
}

static int child_value(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	return WEXITSTATUS(status);
}

int probe_in_child(int (*try)(struct probe_child *child),
		   struct probe_child *child)
{
	struct probe_child *shared;
	pid_t pid;
	int value;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return errno;
	pid = fork();
	if (pid == 0)
		be_child(try, shared);
	value = pid < 0 ? errno : child_value(pid);
	*child = *shared;
	munmap(shared, sizeof(*shared));
	return value;
}

bool probe_try(struct probe_result *result,
	       int (*try)(struct probe_child *child))
{
	struct probe_child child = { "fork", 0 };
	int value = probe_in_child(try, &child);
	const char *step = child.step ? child.step : "a child process";

	result->ok = value == 0;
	if (value > 0)
		probe_found(result, "%s: %s", step, strerror(value));
	else if (value < 0)
		probe_found(result, "%s: %s", step, strsignal(-value));
	return result->ok;
}

bool probe_read_number(const char *path, long *number)
{
	FILE *file = fopen(path, "re");
	bool there;

	if (!file)
		return false;
	there = fscanf(file, "%ld", number) == 1;
	fclose(file);
	return there;
}

long probe_own_status(const char *name)
{
	return proc_number(PROC_SELF, name, -1);
}
