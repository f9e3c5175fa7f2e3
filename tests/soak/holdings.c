/* SPDX-License-Identifier: BSD-3-Clause */
/* What this process holds of the system, to see whether it grows. */
#include "tests/soak/holdings.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

#include "lib/swsgx.h"

#define IDLE_SECONDS 10 /* the server gives a dead one's lock up in 2 */

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static unsigned count_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

struct holdings holdings(void)
{
	return (struct holdings){ count_entries("/proc/self/fd"),
				  count_mappings() };
}

struct epc epc_when_idle(void)
{
	/* Signals may end each pause early: the clock counts. */
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct swsgx_counters c = { .size = sizeof(c) };
	time_t end = time(NULL) + IDLE_SECONDS;

	while (!swsgx_counters(&c) && c.epc_free != c.epc_pages &&
	       time(NULL) < end)
		nanosleep(&pause, NULL);
	return (struct epc){ c.epc_pages, c.epc_free };
}
