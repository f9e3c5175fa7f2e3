/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that follows a run for its timeline.  It asks the server for the
 * EPC's use meanwhile, because an enclave that is built leaves no record of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/timeline/timeline.h"
#include "process/supervisor/supervisor.h"
#include "process/supervisor/trace/reader.h"

#define HERE "/*TRACE*/"

static struct timeline timeline;
static const char *file;

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

int timeline_prepare(const char *to)
{
	file = to;
	if (!ends_in(file, ".json") && !ends_in(file, ".html")) {
		complain("--timeline: '%s': expected a name that ends in .json "
			 "(for Perfetto and chrome://tracing) or in .html (a "
			 "page that shows it)",
			 file);
		return -1;
	}
	timeline.out = fopen(file, "we");
	if (timeline.out)
		return 0;
	complain("--timeline: cannot write %s: %s", file, strerror(errno));
	return -1;
}

static void record(void *arg, const struct tape_record *r)
{
	timeline_record(arg, r);
}

static void lost(void *arg, uint64_t n, uint64_t when)
{
	timeline_lost(arg, n, when);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The server of the run whose front is this process' parent. */
static void look_at_epc(int server)
{
	struct msg msg = { .type = MSG_STAT };

	if (server >= 0 && !supervisor_call(server, &msg))
		timeline_epc(&timeline, now(),
			     msg.stat.epc_pages - msg.stat.epc_free);
}

static void follow(struct reader *reader, int server, int stop)
{
	const struct reader_listener listener = { record, lost, &timeline };
	bool more = true;

	while (more && !ferror(timeline.out)) {
		more = reader_wait(reader, stop);
		reader_poll(reader, &listener, !more);
		look_at_epc(server);
	}
}

/* What of the page comes before the events, and what comes behind. */
static void put_page(bool behind)
{
	const char *here = strstr(timeline_page, HERE);

	if (!ends_in(file, ".html"))
		return;
	if (behind)
		fputs(here + strlen(HERE), timeline.out);
	else
		fwrite(timeline_page, 1, (size_t)(here - timeline_page),
		       timeline.out);
}

static int close_file(void)
{
	bool failed = ferror(timeline.out) != 0;

	errno = 0;
	if (!fclose(timeline.out) && !failed)
		return 0;
	complain("--timeline: %s is not complete: %s", file,
		 strerror(errno ? errno : EIO));
	return -1;
}

int timeline_follow(int connection, int ready, int stop)
{
	int error, server = supervisor_connect(getppid());
	struct reader *reader;

	reader = reader_open(connection, TAPE_CLASS_ALL & ~TAPE_CLASS_IOCTL,
			     true, &error);
	if (!reader) {
		complain("--timeline: cannot follow the run: %s",
			 strerror(-error));
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	timeline.start = reader_start(reader);
	put_page(false);
	timeline_begin(&timeline);
	if (write(ready, "", 1) != 1)
		complain("--timeline: cannot say that it has begun");
	follow(reader, server, stop);
	reader_close(reader);
	timeline_end(&timeline);
	put_page(true);
	return close_file();
}
