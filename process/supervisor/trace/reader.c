/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/trace/reader.h. */
#include "process/supervisor/trace/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/socket.h"

#define SETTLED_NS 3000000ull /* nobody is about to write what is older */
#define BUSY_MS    1
#define IDLE_MS    20

/* A copy of a record, until it is told. */
struct kept {
	uint64_t time, order, lost;
	struct tape_record *record;
};

struct reader {
	int connection;
	bool busy; /* there was something last time */
	uint8_t *file;
	struct tape_place places[TAPES];
	uint64_t dropped[TAPES + 1]; /* as it was seen last */
	struct kept *kept;
	size_t nr, room;
	uint64_t order;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct tape_file *head_of(const struct reader *reader)
{
	return (struct tape_file *)reader->file;
}

static struct tape tape_of(const struct reader *reader, uint32_t i)
{
	return (struct tape){ &head_of(reader)->heads[i],
			      reader->file + TAPE_AT(i) };
}

/* Asks for the file.  A descriptor or -errno. */
static int ask(int connection, uint32_t classes)
{
	struct msg msg = { .type = MSG_TAPE, .tape.classes = classes };
	struct pollfd p = { .fd = connection, .events = POLLIN };
	int fd = -1, r = socket_send(connection, &msg, -1);

	if (!r && poll(&p, 1, -1) < 0)
		r = -errno;
	if (!r)
		r = socket_receive(connection, &msg, &fd);
	if (r > 0)
		return -EACCES; /* closed without an answer: not ours to ask */
	if (!r)
		r = msg.error;
	return !r && fd < 0 ? -EPROTO : r ? r : fd;
}

/* NULL, and *error is set. */
static void *map(int fd, int *error)
{
	void *p = mmap(NULL, TAPE_FILE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	const struct tape_file *file = p;

	*error = p == MAP_FAILED ? -errno : 0;
	close(fd);
	if (*error)
		return NULL;
	if (file->magic == TAPE_MAGIC && file->version == TAPE_VERSION)
		return p;
	munmap(p, TAPE_FILE_SIZE);
	*error = -EPROTO;
	return NULL;
}

static void begin(struct reader *reader, bool all)
{
	for (uint32_t i = 0; i < TAPES; i++) {
		const struct tape tape = tape_of(reader, i);

		reader->places[i] = all ? (struct tape_place){ 0, 1 } :
					  tape_end(&tape);
		reader->dropped[i] = all ? 0 : tape.head->dropped;
	}
	reader->dropped[TAPES] = all ? 0 : head_of(reader)->dropped;
}

struct reader *reader_open(int connection, uint32_t classes, bool all,
			   int *error)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int fd;

	*error = -ENOMEM;
	if (!reader)
		return NULL;
	reader->connection = connection;
	fd = ask(connection, classes);
	if (fd < 0)
		*error = fd;
	else
		reader->file = map(fd, error);
	if (!reader->file) {
		reader_close(reader);
		return NULL;
	}
	begin(reader, all);
	return reader;
}

void reader_close(struct reader *reader)
{
	if (reader->file)
		munmap(reader->file, TAPE_FILE_SIZE);
	close(reader->connection);
	for (size_t i = 0; i < reader->nr; i++)
		free(reader->kept[i].record);
	free(reader->kept);
	free(reader);
}

uint64_t reader_start(const struct reader *reader)
{
	return head_of(reader)->start;
}

uint64_t reader_start_real(const struct reader *reader)
{
	return head_of(reader)->start_real;
}

static struct kept *make_room(struct reader *reader)
{
	size_t room = reader->room ? reader->room * 2 : 1024;
	struct kept *kept;

	if (reader->nr < reader->room)
		return &reader->kept[reader->nr++];
	kept = reallocarray(reader->kept, room, sizeof(*kept));
	if (!kept)
		return NULL;
	reader->kept = kept;
	reader->room = room;
	return &kept[reader->nr++];
}

static void keep(struct reader *reader, const struct tape_record *record,
		 uint64_t lost)
{
	struct tape_record *copy = malloc(record->size);
	struct kept *kept = copy ? make_room(reader) : NULL;

	if (!kept) {
		free(copy);
		return;
	}
	memcpy(copy, record, record->size);
	*kept = (struct kept){ record->time, reader->order++, lost, copy };
}

static uint64_t read_tape(struct reader *reader, uint32_t i)
{
	const struct tape tape = tape_of(reader, i);
	uint64_t buffer[TAPE_RECORD / 8], lost, n = 0;

	while (tape_get(&tape, &reader->places[i], buffer, &lost)) {
		keep(reader, (const struct tape_record *)buffer, lost);
		n++;
	}
	return n;
}

/* Records that never came to be. */
static uint64_t newly_dropped(struct reader *reader)
{
	const struct tape_file *file = head_of(reader);
	uint64_t n = 0, is;

	for (uint32_t i = 0; i <= TAPES; i++) {
		is = __atomic_load_n(i < TAPES ? &file->heads[i].dropped :
						 &file->dropped,
				     __ATOMIC_RELAXED);
		n += is - reader->dropped[i];
		reader->dropped[i] = is;
	}
	return n;
}

static int by_time(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void tell(const struct kept *kept,
		 const struct reader_listener *listener)
{
	if (kept->lost)
		listener->lost(listener->arg, kept->lost, kept->time);
	listener->record(listener->arg, kept->record);
	free(kept->record);
}

/* All that is older than `limit`. */
static uint64_t tell_until(struct reader *reader,
			   const struct reader_listener *listener,
			   uint64_t limit)
{
	size_t n = 0;

	qsort(reader->kept, reader->nr, sizeof(*reader->kept), by_time);
	while (n < reader->nr && reader->kept[n].time < limit)
		tell(&reader->kept[n++], listener);
	reader->nr -= n;
	memmove(reader->kept, reader->kept + n,
		reader->nr * sizeof(*reader->kept));
	return n;
}

uint64_t reader_poll(struct reader *reader,
		     const struct reader_listener *listener, bool last)
{
	uint64_t time = now(), read = 0, dropped, told = 0;
	uint32_t nr = __atomic_load_n(&head_of(reader)->nr_tapes,
				      __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < nr && i < TAPES; i++)
		read += read_tape(reader, i);
	reader->busy = read || reader->nr;
	if (reader->nr)
		told = tell_until(reader, listener,
				  last ? UINT64_MAX : time - SETTLED_NS);
	dropped = newly_dropped(reader);
	if (dropped)
		listener->lost(listener->arg, dropped, time);
	return told;
}

bool reader_wait(struct reader *reader, int wake)
{
	struct pollfd p[] = { { .fd = reader->connection, .events = POLLIN },
			      { .fd = wake, .events = POLLIN } };

	return poll(p, 2, reader->busy ? BUSY_MS : IDLE_MS) == 0;
}
