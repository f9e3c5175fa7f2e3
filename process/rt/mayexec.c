/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ADD_PAGES takes no page from a mapping that may not be executed, which is one
 * of a file on a noexec mount.  The host shows the path of what is mapped, and
 * the path's mount.  After Linux 6.1 sgx/ioctl.c __sgx_encl_add_page();
 * proc(5), /proc/PID/maps; statfs(2).
 */
#include <asm/statfs.h>
#include <linux/fcntl.h>

#include "process/rt/rt.h"
#include "process/rt/sys.h"

#define CHUNK		1024
#define LINE_MAX	512	/* longer paths: taken for fine */
#define ST_NOEXEC_	8

/* Read until a line has been put together. */
struct reader {
	char line[LINE_MAX];
	unsigned int length;
};

static const char *hex(const char *s, uint64_t *value)
{
	*value = 0;
	for (; (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f'); s++)
		*value = *value << 4 |
			 (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return s;
}

/* "start-end rwxp ...path": a file's, which is not executable now? */
static const char *path_in_question(const char *rest)
{
	if (rt_strlen(rest) < 4 || rest[3] == 'x')
		return NULL;
	while (*rest && *rest != '/')
		rest++;
	return *rest ? rest : NULL;
}

static bool on_noexec_mount(const char *path)
{
	struct statfs fs = { .f_flags = 0 };

	return !sys2(__NR_statfs, path, &fs) && (fs.f_flags & ST_NOEXEC_);
}

/* True: the line is about addr, and *source says what it says. */
static bool is_about(const char *line, uint64_t addr, struct source *source)
{
	const char *path, *rest = hex(line, &source->start);

	if (*rest != '-')
		return false;
	rest = hex(rest + 1, &source->end);
	if (addr < source->start || addr >= source->end)
		return false;
	path = path_in_question(rest);
	source->noexec = path && on_noexec_mount(path);
	return true;
}

static bool take(struct reader *r, char c, uint64_t addr,
		 struct source *source)
{
	bool found;

	if (c != '\n') {
		if (r->length < sizeof(r->line) - 1)
			r->line[r->length++] = c;
		return false;
	}
	r->line[r->length] = 0;
	found = is_about(r->line, addr, source);
	r->length = 0;
	return found;
}

static void search(int fd, uint64_t addr, struct source *source)
{
	struct reader r = { .length = 0 };
	char text[CHUNK];
	long n;

	while ((n = sys3(__NR_read, fd, text, sizeof(text))) > 0) {
		for (long i = 0; i < n; i++)
			if (take(&r, text[i], addr, source))
				return;
	}
	*source = (struct source){ .start = 0 };
}

static void look_up(uint64_t addr, struct source *source)
{
	uint32_t changes = __atomic_load_n(&rt_process.mapping_changes,
					   __ATOMIC_ACQUIRE);
	long fd = sys4(__NR_openat, AT_FDCWD, "/proc/self/maps",
		       O_RDONLY | O_CLOEXEC, 0);

	*source = (struct source){ .start = 0 };
	if (fd < 0)
		return;
	search((int)fd, addr, source);
	source->changes = changes;
	sys1(__NR_close, fd);
}

static bool is_known(const struct source *source, uint64_t addr)
{
	return addr >= source->start && addr < source->end &&
	       source->changes == __atomic_load_n(&rt_process.mapping_changes,
						  __ATOMIC_ACQUIRE);
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
