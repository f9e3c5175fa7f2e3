/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address space that the program has reserved and does not use.  Sanitizers map
 * all addresses that must not be used, without access, so there is no room
 * left. proc(5), /proc/PID/maps.
 */
#include "cpu/mem.h"
#include "process/rt/host/host.h"
#include "process/rt/host/lines.h"
#include "process/rt/host/proc.h"

struct search {
	uint64_t size;
	uint64_t start; /* what was found; 0: nothing */
};

static bool maps_line(const char *text, void *arg)
{
	struct search *search = arg;
	struct mapping m;

	if (!proc_mapping(text, &m) || m.end - m.start < search->size ||
	    memcmp(m.perms, "---p", sizeof(m.perms)))
		return false;
	search->start = m.start;
	return true;
}

uint64_t rt_find_reserved(uint64_t size)
{
	struct search search = { .size = size };

	rt_read_lines("/proc/self/maps", maps_line, &search);
	return search.start;
}
