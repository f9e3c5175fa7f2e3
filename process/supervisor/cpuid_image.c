/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CPUID instructions of a new image, before it runs: execve() maps the
 * program and its dynamic linker where no filter sees it.  proc(5), maps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/inject/inject.h"
#include "process/supervisor/cpuid.h"
#include "process/supervisor/server.h"

struct mapping {
	unsigned long start, end, offset;
	char prot[5];
	char *path;
};

static bool parse(char *line, struct mapping *m)
{
	unsigned long inode;
	int at = 0;

	if (sscanf(line, "%lx-%lx %4s %lx %*s %lu %n", &m->start, &m->end,
		   m->prot, &m->offset, &inode, &at) < 5 || !at || !inode)
		return false;
	m->path = line + at;
	m->path[strcspn(m->path, "\n")] = 0;
	return m->prot[2] == 'x' && m->prot[3] == 'p';
}

static bool is_program(pid_t pid, const char *path)
{
	char link[64], target[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = 0;
	return strcmp(target, path) == 0;
}

/*
 * The file itself where /proc leads to it: always to the program, to other
 * mappings only if privileged.  Else by name; the runtime looks at each place
 * before it writes there, so another file of that name does no harm.
 */
static int open_mapping(pid_t pid, const struct mapping *m)
{
	char name[4200];
	int fd;

	if (is_program(pid, m->path))
		snprintf(name, sizeof(name), "/proc/%d/exe", pid);
	else
		snprintf(name, sizeof(name), "/proc/%d/map_files/%lx-%lx", pid,
			 m->start, m->end);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return fd;
	snprintf(name, sizeof(name), "/proc/%d/root%s", pid, m->path);
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static uint32_t prot_of(const char *prot)
{
	return (prot[0] == 'r' ? PROT_READ : 0) |
	       (prot[1] == 'w' ? PROT_WRITE : 0) | PROT_EXEC;
}

static void append(struct inject_list *list, const struct mapping *m,
		   const struct cpuid_scan *scan)
{
	size_t most = sizeof(struct rt_cpuid_mapping) +
		      scan->count * sizeof(uint64_t);
	uint8_t *p = realloc(list->records, list->bytes + most);
	struct rt_cpuid_mapping *r;
	size_t i;

	if (!p)
		return;
	list->records = p;
	r = (struct rt_cpuid_mapping *)(p + list->bytes);
	*r = (struct rt_cpuid_mapping){ .start = m->start,
					.end = m->end,
					.offset = m->offset,
					.prot = prot_of(m->prot) };
	for (i = 0; i < scan->count; i++) {
		uint64_t offset = scan->candidate[i].offset;

		if (offset >= m->offset &&
		    offset < m->offset + (m->end - m->start))
			r->site[r->count++] = offset;
	}
	if (r->count)
		list->bytes += sizeof(*r) + r->count * sizeof(uint64_t);
}

static void add_mapping(struct server *s, pid_t pid, const struct mapping *m,
			struct inject_list *list)
{
	int fd = open_mapping(pid, m);
	const struct cpuid_scan *scan = fd < 0 ? NULL : cpuid_file(s, fd);

	if (scan)
		append(list, m, scan);
	else if (s->options->verbose)
		s->options->complain("%s: cannot be read: its CPUID is left "
				     "as it is", m->path);
	if (fd >= 0)
		close(fd);
}

void cpuid_list_image(struct server *s, pid_t pid, struct inject_list *list)
{
	struct mapping m;
	char name[64];
	char *line = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	f = fopen(name, "re");
	while (f && getline(&line, &room, f) > 0)
		if (parse(line, &m))
			add_mapping(s, pid, &m, list);
	free(line);
	if (f)
		fclose(f);
}
