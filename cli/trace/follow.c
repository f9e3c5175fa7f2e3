/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See cli/trace/follow.h.  Lines are gathered and written at once; if they
 * cannot be written the trace ends, and the program does not notice.
 */
#include "cli/trace/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/trace/symbols.h"
#include "cli/trace/trace.h"
#include "process/supervisor/trace/reader.h"

static struct trace trace;

static int open_output(struct follow *f)
{
	f->output = STDERR_FILENO;
	if (!f->file)
		return 0;
	f->output = open(f->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			 0666);
	if (f->output >= 0)
		return 0;
	complain("cannot write the trace to '%s': %s", f->file,
		 strerror(errno));
	return -1;
}

int follow_prepare(struct follow *f)
{
	f->trace = &trace;
	trace.classes = TAPE_CLASS_ALL;
	if (f->filter && trace_filter(f->option, f->filter, &trace.classes))
		return -1;
	trace.symbols = symbols_new(f->symbols);
	return trace.symbols ? open_output(f) : -1;
}

/* INIT, of which symbols want to know. */
static uint32_t classes(const struct follow *f)
{
	return f->trace->classes | TAPE_CLASS_IOCTL;
}

static void record(void *arg, const struct tape_record *r)
{
	trace_record(arg, r);
}

static void lost(void *arg, uint64_t n, uint64_t time)
{
	trace_lost(arg, n, time);
}

static int write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t r = write(fd, text, n);

		if (r < 0 && errno != EINTR)
			return -1;
		if (r > 0) {
			text += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

/* What there is now, as text, to the file. */
static int round_of(struct follow *f, struct reader *reader, bool last)
{
	const struct reader_listener listener = { record, lost, f->trace };
	char *text = NULL;
	size_t size = 0;
	int r;

	f->trace->out = open_memstream(&text, &size);
	if (!f->trace->out)
		return -1;
	reader_poll(reader, &listener, last);
	fclose(f->trace->out);
	r = write_all(f->output, text, size);
	free(text);
	return r;
}

static void complain_of_output(const struct follow *f)
{
	/* whoever read it has gone, and knows */
	if (errno != EPIPE)
		complain("the trace ends here, the program goes on: cannot "
			 "write to %s: %s",
			 f->file ? f->file : "standard error", strerror(errno));
}

static int follow(struct follow *f, struct reader *reader, int stop)
{
	bool more = true;

	while (more) {
		more = reader_wait(reader, stop);
		if (!round_of(f, reader, !more))
			continue;
		complain_of_output(f);
		return -1;
	}
	return 0;
}

static int complain_of_run(int error)
{
	if (error == -EPROTO || error == -EINVAL)
		complain("the run is one of another version of swsgx, whose "
			 "records are not known here; use that one's swsgx");
	else if (error == -EBUSY)
		complain("too many follow this run already");
	else if (error == -EACCES)
		complain("the run belongs to another user");
	else
		complain("cannot follow the run: %s", strerror(-error));
	return -1;
}

int follow_run(struct follow *f, int connection, bool all, int ready, int stop)
{
	struct reader *reader;
	int r;

	reader = reader_open(connection, classes(f), all, &r);
	if (!reader)
		return complain_of_run(r);
	signal(SIGPIPE, SIG_IGN);
	f->trace->start = reader_start(reader);
	if (ready >= 0 && write(ready, "", 1) != 1)
		complain("cannot say that the trace has begun");
	r = follow(f, reader, stop);
	reader_close(reader);
	return r;
}
