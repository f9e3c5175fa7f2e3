/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which processes belong to the run: those that map the runtime or the
 * platform, as /proc shows.  Asked seldom: for a loss of the EPC, and when the
 * front is gone and the server wants to know if anybody is left to serve.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/supervisor/server.h"

static bool line_matches(struct server *s, const char *line, int what)
{
	unsigned long start = 0, ino = 0;

	if (sscanf(line, "%lx-%*x %*4s %*x %*x:%*x %lu", &start, &ino) < 1)
		return false;
	if (what == PROCESS_OF_RUN)
		return start == RT_MARKER(getpid());
	return ino == s->platform_ino && strstr(line, "swsgx-platform");
}

static bool maps(struct server *s, pid_t pid, int what)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = line_matches(s, line, what);
	fclose(f);
	return found;
}

bool process_is_of_run(struct server *s, pid_t pid)
{
	return maps(s, pid, PROCESS_OF_RUN);
}

unsigned int processes_each(struct server *s, int what, process_fn fn,
			    void *arg)
{
	DIR *proc = opendir("/proc");
	unsigned int n = 0;
	struct dirent *e;

	if (!proc)
		return 0;
	while ((e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);

		if (!isdigit((unsigned char)e->d_name[0]) || pid == getpid() ||
		    !maps(s, pid, what))
			continue;
		n++;
		if (fn)
			fn(s, pid, arg);
	}
	closedir(proc);
	return n;
}
