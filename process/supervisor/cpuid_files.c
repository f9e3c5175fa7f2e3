/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of files: each is scanned once, while it stays as it is.  For
 * `swsgx run --verbose`, each scan is told of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/cpuid.h"
#include "process/supervisor/server.h"

#define MAX_LISTED	8

struct cpuid_file {
	struct cpuid_file *next;
	struct stat st;
	bool settled;		/* was old enough to be told from a change */
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

static void tell(const struct server *s, int fd, const struct cpuid_scan *scan)
{
	size_t nr_sites = count(scan, CPUID_SITE);
	size_t nr_left = count(scan, CPUID_UNKNOWN);
	char sites[MAX_LISTED * 24], left[MAX_LISTED * 24];
	char link[64], path[512];
	ssize_t n;

	if (!s->options->verbose || !(nr_sites + nr_left))
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = 0;
	list(scan, CPUID_SITE, sites, sizeof(sites));
	list(scan, CPUID_UNKNOWN, left, sizeof(left));
	s->options->complain("%s: CPUID rewritten: %zu%s%s; left, perhaps no "
			     "instructions: %zu%s%s", path, nr_sites,
			     *sites ? " at" : "", sites, nr_left,
			     *left ? " at" : "", left);
}

/* Only the candidates worth keeping; the rest of the table is given back. */
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

const struct cpuid_scan *cpuid_file(struct server *s, int fd)
{
	struct cpuid_file *f = s->cpuid_files;
	bool known = false;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	while (f && !(f->st.st_dev == st.st_dev && f->st.st_ino == st.st_ino))
		f = f->next;
	if (f) {
		known = same_file(&f->st, &st);
		if (known && f->settled)
			return &f->scan;
		free(f->scan.candidate);
	} else {
		f = calloc(1, sizeof(*f));
		if (!f)
			return NULL;
		f->next = s->cpuid_files;
		s->cpuid_files = f;
	}
	f->st = st;
	f->settled = is_settled(&st);
	cpuid_scan(fd, &f->scan);
	if (!known)
		tell(s, fd, &f->scan);
	shrink(&f->scan);
	return &f->scan;
}

int cpuid_sites(struct server *s, int file, struct msg *msg)
{
	uint64_t from = msg->cpuid.from, to = msg->cpuid.to;
	const struct cpuid_scan *scan = cpuid_file(s, file);
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
