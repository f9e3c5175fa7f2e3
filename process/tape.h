/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tape: the ring of one thread's trace records, in a memory file that all
 * processes of a run and its readers map.  One thread writes, and waits for
 * nobody: the oldest records give way.  Any number of readers follow, each at
 * its own place, and none of them writes.  A program of the run may scribble on
 * it, so a reader believes no length.  Freestanding.
 */
#ifndef SWSGX_PROCESS_TAPE_H
#define SWSGX_PROCESS_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPE_MAGIC   0x5045415453475853ull
#define TAPE_VERSION 1     /* of this file and of process/tape_records.h */
#define TAPES        1024u /* threads at a time */
#define TAPE_SIZE    0x40000ull
#define TAPE_RECORD  0x1000u /* the longest record */

/*
 * What every record begins with.  `size` counts all of it, in multiples of 8;
 * `number` grows by one from record to record of a tape, so a reader knows how
 * many it has missed.  A thread that has died leaves its tape to another:
 * pid and tid, as the program knows them, say whose record it is.
 */
struct tape_record {
	uint32_t size;
	uint16_t kind;  /* enum tape_kind */
	uint16_t flags; /* TAPE_INJECTED */
	uint64_t number;
	uint64_t time; /* CLOCK_MONOTONIC, nanoseconds */
	uint32_t pid, tid;
};

/*
 * Offsets grow for ever; a record's bytes are at offset % TAPE_SIZE, and may go
 * on at the start.  Records lie in [tail, head).  The writer moves `tail`
 * before it writes over a record, and `head` when a record is whole.
 */
struct tape_head {
	uint64_t owner;      /* atomic: process number << 32 | tid; 0: nobody */
	uint64_t head, tail; /* atomic */
	uint64_t records;    /* ever written */
	uint64_t dropped;    /* atomic: were not, e.g. by a nested handler */
	uint64_t pad[3];
};

/* The start of the file.  The tapes follow, at TAPE_AT(i). */
struct tape_file {
	uint64_t magic;
	uint32_t version, size_of_record;
	uint64_t start;      /* CLOCK_MONOTONIC, as the run began */
	uint64_t start_real; /* CLOCK_REALTIME at that time */
	uint32_t nr_tapes;   /* atomic: ever used, scan bound */
	uint32_t pad;
	uint64_t dropped; /* atomic: by threads that got no tape */
	uint64_t more[2];
	struct tape_head heads[TAPES];
};
#define TAPE_FILE_HEAD 0x11000ull
#define TAPE_AT(i)     (TAPE_FILE_HEAD + (uint64_t)(i)*TAPE_SIZE)
#define TAPE_FILE_SIZE TAPE_AT(TAPES)
_Static_assert(sizeof(struct tape_file) <= TAPE_FILE_HEAD, "head fits");

/* One tape as a process has it mapped. */
struct tape {
	struct tape_head *head;
	uint8_t *data; /* TAPE_SIZE bytes */
};

/*
 * A tape that is free, or owner's already: its index, or -1.  Atomic, and
 * without waiting.
 */
int tape_claim(struct tape_file *file, uint64_t owner);
/* The process with this number has ended: its tapes are free. */
void tape_release(struct tape_file *file, uint32_t process);

/* Appends *record, whose `size` is set; fills in `number`. */
void tape_put(const struct tape *tape, struct tape_record *record);

/* A reader's place.  All zero: at the oldest record that is still there. */
struct tape_place {
	uint64_t at, next;
};

/* The place behind the newest record. */
struct tape_place tape_end(const struct tape *tape);

/*
 * Copies the next record to `buffer`, of TAPE_RECORD bytes, and goes on behind
 * it.  *lost: how many were missed before it, if any.  False: there is none.
 */
bool tape_get(const struct tape *tape, struct tape_place *place, void *buffer,
	      uint64_t *lost);

#endif
