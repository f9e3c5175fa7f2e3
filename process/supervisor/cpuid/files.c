/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/files.h.  `swsgx run --verbose` tells of each
 * scan.
 */
#include "process/supervisor/cpuid/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/base/proc.h"

#define MAX_LISTED 8

struct cpuid_file {
	struct cpuid_file *next;
	struct stat st;
	bool settled; /* old enough: a change would show in st */
	struct cpuid_scan scan;
};

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
	       same_time(a->st_ctim, b->st_ctim);
}

static size_t count(const struct cpuid_scan *scan, enum cpuid_verdict v)
{
	size_t n = 0, i;

	for (i = 0; i < scan->count; i++)
		n += scan->candidate[i].verdict == v;
	return n;
}

/* " 0x1234 0x5678", as objdump -d numbers them */
static void list(const struct cpuid_scan *scan, enum cpuid_verdict v,
		 char *text, size_t size)
{
	size_t used = 0, listed = 0, i;

	text[0] = 0;
	for (i = 0; i < scan->count && listed < MAX_LISTED; i++) {
		if (scan->candidate[i].verdict != v)
			continue;
		used += (size_t)snprintf(text + used, size - used, " %#lx",
					 scan->candidate[i].address);
		listed++;
	}
	if (count(scan, v) > listed)
		snprintf(text + used, size - used, " ...");
}

static void tell(const struct run_options *options, int fd,
		 const struct cpuid_scan *scan)
{
	size_t nr_sites = count(scan, CPUID_SITE);
	size_t nr_left = count(scan, CPUID_UNKNOWN);
	char sites[MAX_LISTED * 24], left[MAX_LISTED * 24];
	char path[512];

	if (!options->verbose || !(nr_sites + nr_left))
		return;
	proc_link(PROC_SELF, path, sizeof(path), "fd/%d", fd);
	list(scan, CPUID_SITE, sites, sizeof(sites));
	list(scan, CPUID_UNKNOWN, left, sizeof(left));
	options->complain("%s: CPUID rewritten: %zu%s%s; left, perhaps no "
			  "instructions: %zu%s%s",
			  path, nr_sites, *sites ? " at" : "", sites, nr_left,
			  *left ? " at" : "", left);
}

/* Keep only the sites, and give back the rest of the table. */
static void shrink(struct cpuid_scan *scan)
{
	struct cpuid_candidate *c;
	size_t n = 0, i;

	for (i = 0; i < scan->count; i++)
		if (scan->candidate[i].verdict == CPUID_SITE)
			scan->candidate[n++] = scan->candidate[i];
	scan->count = n;
	c = realloc(scan->candidate, (n + 1) * sizeof(*c));
	if (c)
		scan->candidate = c;
}

/* Two changes of a file within a tick of the clock look like one. */
static bool is_settled(const struct stat *st)
{
	return time(NULL) - st->st_ctim.tv_sec > 2;
}

void cpuid_files_init(struct cpuid_files *files,
		      const struct run_options *options)
{
	*files = (struct cpuid_files){ .options = options };
}

/* What is known of the file, however it was; a new entry if there is none. */
static struct cpuid_file *entry(struct cpuid_files *files,
				const struct stat *st)
{
	struct cpuid_file *f = files->first;

	while (f && !(f->st.st_dev == st->st_dev && f->st.st_ino == st->st_ino))
		f = f->next;
	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->next = files->first;
	files->first = f;
	return f;
}

const struct cpuid_scan *cpuid_file(struct cpuid_files *files, int fd)
{
	struct cpuid_file *f;
	struct stat st;
	bool known;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	f = entry(files, &st);
	if (!f)
		return NULL;
	known = same_file(&f->st, &st);
	if (known && f->settled)
		return &f->scan;
	free(f->scan.candidate);
	f->st = st;
	f->settled = is_settled(&st);
	cpuid_scan(fd, &f->scan);
	if (!known)
		tell(files->options, fd, &f->scan);
	shrink(&f->scan);
	return &f->scan;
}

const struct cpuid_scan *cpuid_known(const struct cpuid_files *files,
				     const struct stat *st)
{
	const struct cpuid_file *f = files->first;

	while (f && !(f->settled && same_file(&f->st, st)))
		f = f->next;
	return f ? &f->scan : NULL;
}

static struct rt_clean_file describe(const struct stat *st)
{
	return (struct rt_clean_file){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = { (uint64_t)st->st_mtim.tv_sec,
			   (uint64_t)st->st_mtim.tv_nsec },
		.ctime = { (uint64_t)st->st_ctim.tv_sec,
			   (uint64_t)st->st_ctim.tv_nsec },
	};
}

void cpuid_list_clean(const struct cpuid_files *files, struct rt_params *params)
{
	const struct cpuid_file *f;

	params->nr_clean = 0;
	for (f = files->first; f && params->nr_clean < RT_CLEAN_FILES;
	     f = f->next)
		if (f->settled && !f->scan.count)
			params->clean[params->nr_clean++] = describe(&f->st);
}

/* By how the name of its file begins. */
struct own {
	struct cpuid_files *files;
	const char *name;
};

static bool read_own(const struct proc_mapping *m, void *arg)
{
	const struct own *own = arg;
	const char *slash = strrchr(m->path, '/');
	int fd;

	if (m->prot[2] != 'x' || !slash ||
	    strncmp(slash + 1, own->name, strlen(own->name)))
		return false;
	fd = open(m->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	(void)cpuid_file(own->files, fd);
	close(fd);
	return true;
}

void cpuid_read_linker(struct cpuid_files *files)
{
	struct own own = { files, "ld-" };

	proc_each_mapping(PROC_SELF, read_own, &own);
}

void cpuid_read_libc(struct cpuid_files *files)
{
	struct own own = { files, "libc." };

	proc_each_mapping(PROC_SELF, read_own, &own);
}

int cpuid_sites(struct cpuid_files *files, int file, struct msg *msg)
{
	uint64_t from = msg->cpuid.from, to = msg->cpuid.to;
	const struct cpuid_scan *scan = cpuid_file(files, file);
	size_t i;

	msg->cpuid.total = 0;
	memset(msg->cpuid.site, 0, sizeof(msg->cpuid.site));
	if (!scan)
		return -EINVAL;
	for (i = 0; i < scan->count; i++) {
		uint64_t offset = scan->candidate[i].offset;

		if (offset < from || offset >= to)
			continue;
		if (msg->cpuid.total < RT_CPUID_SITES)
			msg->cpuid.site[msg->cpuid.total] = offset;
		msg->cpuid.total++;
	}
	return 0;
}
