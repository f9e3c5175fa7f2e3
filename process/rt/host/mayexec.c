/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ADD_PAGES takes no page from a mapping that may not become executable, which
 * is one of a file on a noexec mount.  The path of the file tells its mount.
 * If the path no longer leads to the file, the mapping's flags tell.  After
 * Linux 6.1 sgx/ioctl.c __sgx_encl_add_page(); proc(5), /proc/PID/maps and
 * /proc/PID/smaps; statfs(2).
 */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>

#include "cpu/mem.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/host/lines.h"
#include "process/rt/host/proc.h"
#include "process/rt/rt.h"

#define ST_NOEXEC_ 8

/*
 * Does the path lead to this file?  Not if the file was removed or is hidden by
 * another mount, or if the program has changed its root.
 */
static bool path_is_good(const struct mapping *m)
{
	struct stat st;

	return !sys2(__NR_stat, m->path, &st) && st.st_ino == m->ino &&
	       st.st_dev == m->dev;
}

static bool on_noexec_mount(const char *path)
{
	struct statfs fs = { .f_flags = 0 };

	return !sys2(__NR_statfs, path, &fs) && (fs.f_flags & ST_NOEXEC_);
}

static bool covers(const struct mapping *m, uint64_t addr)
{
	return addr >= m->start && addr < m->end;
}

struct search {
	uint64_t addr; /* the mapping that has it */
	struct source *source;
	bool met; /* the next lines are about it */
};

static bool smaps_line(const char *text, void *arg)
{
	struct search *search = arg;
	struct mapping m;
	bool mayexec;

	if (proc_mapping(text, &m))
		search->met = covers(&m, search->addr);
	if (!search->met || !proc_mayexec(text, &mayexec))
		return false;
	search->source->noexec = !mayexec;
	return true;
}

/*
 * Slower: the host looks at each page of all mappings up to this one, which may
 * be large.  Nobody can mount what the kernel has memfds on, so these are not
 * asked about: enclaves execute pages of one.
 */
static void ask_flags(uint64_t addr, struct source *source)
{
	struct search search = { .addr = addr, .source = source };

	source->noexec = false;
	(void)rt_read_lines("/proc/self/smaps", smaps_line, &search);
}

/* Is it a file's, and not executable now? */
static bool is_in_question(const struct mapping *m)
{
	return m->path[0] && m->perms[2] != 'x';
}

static bool maps_line(const char *text, void *arg)
{
	const struct search *search = arg;
	struct source *source = search->source;
	struct mapping m;

	if (!proc_mapping(text, &m) || !covers(&m, search->addr))
		return false;
	source->start = m.start;
	source->end = m.end;
	source->noexec = false;
	if (!is_in_question(&m))
		return true;
	/* memfds and shared memory, as the platform file: see ask_flags() */
	if (m.dev == rt_process.platform.token_dev)
		return true;
	if (path_is_good(&m))
		source->noexec = on_noexec_mount(m.path);
	else
		ask_flags(search->addr, source);
	return true;
}

static uint32_t mapping_changes(void)
{
	return __atomic_load_n(&rt_process.host.mapping_changes,
			       __ATOMIC_ACQUIRE);
}

static void look_up(uint64_t addr, struct source *source)
{
	struct search search = { .addr = addr, .source = source };
	uint32_t changes = mapping_changes();

	*source = (struct source){ .start = 0 };
	if (rt_read_lines("/proc/self/maps", maps_line, &search))
		source->changes = changes;
}

static bool is_known(const struct source *source, uint64_t addr)
{
	return addr >= source->start && addr < source->end &&
	       source->changes == mapping_changes();
}

/* Most sources are in the mapping of one of the last two. */
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
