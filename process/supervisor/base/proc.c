/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/base/proc.h. */
#include "process/supervisor/base/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 4200    /* PATH_MAX and what stands before */
#define LISTENS   0x10000 /* __SO_ACCEPTCON, /proc/net/unix */

static void __attribute__((format(printf, 3, 0)))
make_path(char path[PATH_ROOM], pid_t pid, const char *format, va_list args)
{
	int n = pid == PROC_SELF ? sprintf(path, "/proc/self/") :
				   sprintf(path, "/proc/%d/", (int)pid);

	vsnprintf(path + n, (size_t)(PATH_ROOM - n), format, args);
}

int proc_open(pid_t pid, int flags, const char *format, ...)
{
	char path[PATH_ROOM];
	va_list args;
	int fd;

	va_start(args, format);
	make_path(path, pid, format, args);
	va_end(args);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void proc_link(pid_t pid, char *to, size_t size, const char *format, ...)
{
	char path[PATH_ROOM];
	va_list args;
	ssize_t n;

	va_start(args, format);
	make_path(path, pid, format, args);
	va_end(args);
	n = readlink(path, to, size - 1);
	to[n < 0 ? 0 : n] = 0;
}

static FILE *open_lines(pid_t pid, const char *name)
{
	int fd = proc_open(pid, O_RDONLY, "%s", name);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

/* Status ---------------------------------------------------------------- */

static void copy_trimmed(char *value, size_t size, const char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strcspn(text, "\n");
	if (n >= size)
		n = size - 1;
	memcpy(value, text, n);
	value[n] = 0;
}

static bool read_status(FILE *f, const char *field, char *value, size_t size)
{
	size_t n = strlen(field), room = 0;
	char *line = NULL;
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0)
		if (!strncmp(line, field, n)) {
			copy_trimmed(value, size, line + n);
			found = true;
		}
	free(line);
	if (f)
		fclose(f);
	return found;
}

bool proc_status(pid_t pid, const char *field, char *value, size_t size)
{
	return read_status(open_lines(pid, "status"), field, value, size);
}

long proc_number(pid_t pid, const char *field, long otherwise)
{
	char value[64], *end;
	long n;

	if (!proc_status(pid, field, value, sizeof(value)))
		return otherwise;
	n = strtol(value, &end, 10);
	return end == value ? otherwise : n;
}

pid_t proc_innermost_id(pid_t pid, pid_t tid)
{
	char name[64], value[512];
	const char *last;

	snprintf(name, sizeof(name), "task/%d/status", (int)tid);
	if (!read_status(open_lines(pid, name), "NSpid:", value, sizeof(value)))
		return 0;
	last = strrchr(value, '\t');
	return atoi(last ? last + 1 : value);
}

/* Directories ----------------------------------------------------------- */

static bool each_id(DIR *dir, proc_id_fn fn, void *arg)
{
	struct dirent *e;
	bool done = false;

	while (dir && !done && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]))
			done = fn(atoi(e->d_name), arg);
	if (dir)
		closedir(dir);
	return done;
}

bool proc_each_process(proc_id_fn fn, void *arg)
{
	return each_id(opendir("/proc"), fn, arg);
}

bool proc_each_thread(pid_t pid, proc_id_fn fn, void *arg)
{
	int fd = proc_open(pid, O_RDONLY | O_DIRECTORY, "task");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return each_id(dir, fn, arg);
}

/* Mappings -------------------------------------------------------------- */

static bool parse_mapping(char *line, struct proc_mapping *m)
{
	int at = 0;

	if (sscanf(line, "%lx-%lx %4s %lx %*s %lu %n", &m->start, &m->end,
		   m->prot, &m->offset, &m->inode, &at) < 5 ||
	    !at)
		return false;
	line[at + (int)strcspn(line + at, "\n")] = 0;
	m->path = line + at;
	return true;
}

bool proc_each_mapping(pid_t pid, proc_mapping_fn fn, void *arg)
{
	FILE *f = open_lines(pid, "maps");
	struct proc_mapping m;
	char *line = NULL;
	size_t room = 0;
	bool done = false;

	while (f && !done && getline(&line, &room, f) > 0)
		done = parse_mapping(line, &m) && fn(&m, arg);
	free(line);
	if (f)
		fclose(f);
	return done;
}

/* Sockets --------------------------------------------------------------- */

bool proc_each_socket(proc_socket_fn fn, void *arg)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char *line = NULL;
	size_t room = 0;
	bool done = false;

	while (f && !done && getline(&line, &room, f) > 0) {
		char *name = strchr(line, '@');
		unsigned int flags = 0;

		if (!name)
			continue;
		name[strcspn(name, "\n")] = 0;
		sscanf(line, "%*s %*x %*x %x", &flags);
		done = fn(name + 1, flags & LISTENS, arg);
	}
	free(line);
	if (f)
		fclose(f);
	return done;
}
