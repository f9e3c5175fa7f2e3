/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/cpuid/image.h.  proc(5), maps. */
#include "process/supervisor/cpuid/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/inject/inject.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/base/proc.h"
#include "process/supervisor/cpuid/files.h"

#define HOW (O_RDONLY | O_NONBLOCK)

struct image_scan {
	struct cpuid_files *files;
	pid_t pid;
	char program[4096]; /* path of its file */
	struct inject_list *list;
};

/* Mostly it is known, and need not be opened. */
static const struct cpuid_scan *known(const struct image_scan *scan,
				      const struct proc_mapping *m)
{
	char path[96];
	struct stat st;

	if (!strcmp(scan->program, m->path))
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)scan->pid);
	else
		snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx",
			 (int)scan->pid, m->start, m->end);
	return stat(path, &st) ? NULL : cpuid_known(scan->files, &st);
}

/*
 * /proc leads to the file itself: always to the program's, to those of other
 * mappings only if privileged.  Otherwise it is opened by name.  Another file
 * of that name does no harm, because the runtime looks at each place before it
 * writes there.
 */
static int open_mapping(const struct image_scan *scan,
			const struct proc_mapping *m)
{
	int fd;

	if (!strcmp(scan->program, m->path))
		fd = proc_open(scan->pid, HOW, "exe");
	else
		fd = proc_open(scan->pid, HOW, "map_files/%lx-%lx", m->start,
			       m->end);
	return fd >= 0 ? fd : proc_open(scan->pid, HOW, "root%s", m->path);
}

static uint32_t prot_of(const char *prot)
{
	return (prot[0] == 'r' ? PROT_READ : 0) |
	       (prot[1] == 'w' ? PROT_WRITE : 0) | PROT_EXEC;
}

static void append(struct inject_list *list, const struct proc_mapping *m,
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

static bool add_mapping(const struct proc_mapping *m, void *arg)
{
	struct image_scan *scan = arg;
	const struct run_options *options = scan->files->options;
	const struct cpuid_scan *sites;
	int fd;

	if (!m->inode || m->prot[2] != 'x' || m->prot[3] != 'p')
		return false;
	sites = known(scan, m);
	if (sites) {
		append(scan->list, m, sites);
		return false;
	}
	fd = open_mapping(scan, m);
	sites = fd < 0 ? NULL : cpuid_file(scan->files, fd);
	if (sites)
		append(scan->list, m, sites);
	else if (options->verbose)
		options->complain("%s: cannot be read: its CPUID is left as "
				  "it is",
				  m->path);
	if (fd >= 0)
		close(fd);
	return false;
}

void cpuid_list_image(struct cpuid_files *files, pid_t pid,
		      struct inject_list *list)
{
	struct image_scan scan = { .files = files, .pid = pid, .list = list };

	proc_link(pid, scan.program, sizeof(scan.program), "exe");
	proc_each_mapping(pid, add_mapping, &scan);
}
