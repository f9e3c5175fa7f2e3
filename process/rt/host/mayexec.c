/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ADD_PAGES takes no page from a mapping that may not be executed, which is one
 * of a file on a noexec mount.  The host shows the path of what is mapped, and
 * the path's mount; or, where the path no longer leads there, the mapping's
 * flags.  After Linux 6.1 sgx/ioctl.c __sgx_encl_add_page(); proc(5),
 * /proc/PID/maps and /proc/PID/smaps; statfs(2).
 */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>

#include "cpu/mem.h"
#include "process/rt/base/string.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"

#define CHUNK		1024
#define LINE_MAX	512	/* what is longer is cut */
#define ST_NOEXEC_	8
#define FLAGS		"VmFlags:"

/* Read until a line has been put together. */
struct reader {
	char line[LINE_MAX];
	unsigned int length;
	uint64_t addr;			/* in the mapping that is asked for */
	struct source *source;
	bool met;			/* the lines that follow are about it */
};

/* A line of /proc/PID/maps. */
struct mapping {
	uint64_t start, end, dev, ino;
	bool exec;
	const char *path;		/* "" if it is no file's */
};

static const char *hex(const char *s, uint64_t *value)
{
	*value = 0;
	for (; (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f'); s++)
		*value = *value << 4 |
			 (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return s;
}

static const char *decimal(const char *s, uint64_t *value)
{
	*value = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		*value = *value * 10 + (uint64_t)(*s - '0');
	return s;
}

/* As stat(2) numbers devices. */
static uint64_t device(uint64_t major, uint64_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffull) << 12;
}

/* "start-end rwxp offset major:minor inode   path" */
static bool parse(const char *s, struct mapping *line)
{
	uint64_t offset, major, minor;

	s = hex(s, &line->start);
	if (*s != '-')
		return false;
	s = hex(s + 1, &line->end);
	if (rt_strlen(s) < 6)
		return false;
	line->exec = s[3] == 'x';
	s = hex(s + 6, &offset);
	s = hex(s + (*s == ' '), &major);
	s = hex(s + (*s == ':'), &minor);
	s = decimal(s + (*s == ' '), &line->ino);
	while (*s && *s != '/')
		s++;
	line->dev = device(major, minor);
	line->path = s;
	return true;
}

/*
 * Does the path lead to the very file?  Not if that was removed, or is hidden
 * by another mount, or the program changed its root.
 */
static bool path_is_good(const struct mapping *line)
{
	struct stat st;

	return !sys2(__NR_stat, line->path, &st) && st.st_ino == line->ino &&
	       st.st_dev == line->dev;
}

static bool on_noexec_mount(const char *path)
{
	struct statfs fs = { .f_flags = 0 };

	return !sys2(__NR_statfs, path, &fs) && (fs.f_flags & ST_NOEXEC_);
}

/* Has the list of two-letter names "me", may be executed? */
static bool says_mayexec(const char *flags)
{
	for (; *flags; flags++)
		if (flags[0] == ' ' && flags[1] == 'm' && flags[2] == 'e')
			return true;
	return false;
}

static bool covers(const struct mapping *line, uint64_t addr)
{
	return addr >= line->start && addr < line->end;
}

/* Each of these: true when there is no need to read on. */
typedef bool (*line_fn)(struct reader *r);

static bool smaps_line(struct reader *r)
{
	struct mapping line;

	if (parse(r->line, &line))
		r->met = covers(&line, r->addr);
	if (!r->met || memcmp(r->line, FLAGS, sizeof(FLAGS) - 1))
		return false;
	r->source->noexec = !says_mayexec(r->line + sizeof(FLAGS) - 1);
	return true;
}

static bool read_line(struct reader *r, char c, line_fn fn)
{
	bool found;

	if (c != '\n') {
		if (r->length < sizeof(r->line) - 1)
			r->line[r->length++] = c;
		return false;
	}
	r->line[r->length] = 0;
	found = fn(r);
	r->length = 0;
	return found;
}

static bool read_until(struct reader *r, int fd, line_fn fn)
{
	char text[CHUNK];
	long n;

	while ((n = sys3(__NR_read, fd, text, sizeof(text))) > 0) {
		for (long i = 0; i < n; i++)
			if (read_line(r, text[i], fn))
				return true;
	}
	return false;
}

static bool search(const char *list, uint64_t addr, struct source *source,
		   line_fn fn)
{
	struct reader r = { .addr = addr, .source = source };
	long fd = sys4(__NR_openat, AT_FDCWD, list, O_RDONLY | O_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	found = read_until(&r, (int)fd, fn);
	sys1(__NR_close, fd);
	return found;
}

/* A file, and it is not executable now? */
static bool is_in_question(const struct mapping *line)
{
	return line->path[0] && !line->exec;
}

/* Slower: the host looks at each page of all mappings up to this one. */
static void ask_flags(uint64_t addr, struct source *source)
{
	source->noexec = false;
	(void)search("/proc/self/smaps", addr, source, smaps_line);
}

static bool maps_line(struct reader *r)
{
	struct source *source = r->source;
	struct mapping line;

	if (!parse(r->line, &line) || !covers(&line, r->addr))
		return false;
	source->start = line.start;
	source->end = line.end;
	source->noexec = false;
	if (!is_in_question(&line))
		return true;
	if (path_is_good(&line))
		source->noexec = on_noexec_mount(line.path);
	else
		ask_flags(r->addr, source);
	return true;
}

static uint32_t mapping_changes(void)
{
	return __atomic_load_n(&rt_process.host.mapping_changes,
			       __ATOMIC_ACQUIRE);
}

static void look_up(uint64_t addr, struct source *source)
{
	uint32_t changes = mapping_changes();

	*source = (struct source){ .start = 0 };
	if (search("/proc/self/maps", addr, source, maps_line))
		source->changes = changes;
}

static bool is_known(const struct source *source, uint64_t addr)
{
	return addr >= source->start && addr < source->end &&
	       source->changes == mapping_changes();
}

/* Most sources are in the mapping of the one before, or of that before it. */
bool rt_source_is_noexec(struct source source[2], uint64_t addr)
{
	struct source former = source[0];

	if (is_known(&source[0], addr))
		return source[0].noexec;
	if (is_known(&source[1], addr))
		source[0] = source[1];
	else
		look_up(addr, &source[0]);
	source[1] = former;
	return source[0].noexec;
}
