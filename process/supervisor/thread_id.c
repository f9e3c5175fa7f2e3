/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which thread is it that says its id?  In a pid namespace of its own it has
 * another one here.  pid_namespaces(7); proc(5), NSpid in /proc/PID/status.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/supervisor/server.h"

/* The last number of the line "NSpid:", or 0. */
static pid_t last_number(const char *line)
{
	const char *tab = strrchr(line, '\t');

	return tab ? atoi(tab + 1) : 0;
}

/* What the thread calls itself; 0 if that cannot be told. */
static pid_t innermost_id(pid_t pid, pid_t tid)
{
	char line[256], path[64];
	pid_t id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (!id && fgets(line, sizeof(line), f))
		if (!strncmp(line, "NSpid:", 6))
			id = last_number(line);
	fclose(f);
	return id;
}

pid_t thread_by_own_id(pid_t pid, pid_t said)
{
	char path[32];
	struct dirent *e;
	pid_t found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!found && (e = readdir(dir))) {
		pid_t tid = atoi(e->d_name);

		if (tid > 0 && innermost_id(pid, tid) == said)
			found = tid;
	}
	closedir(dir);
	return found;
}

pid_t thread_id(pid_t pid, pid_t said)
{
	if (!pid)
		return 0;
	if (innermost_id(pid, said) == said)
		return said;
	/* a kernel without pid namespaces does not say */
	if (!innermost_id(pid, pid))
		return said;
	return thread_by_own_id(pid, said);
}
