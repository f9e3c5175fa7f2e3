/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx run --timeline FILE`: the records of a run as Trace Events, which
 * Perfetto and chrome://tracing open; or in a page that shows them by itself.
 * "Trace Event Format", by the Chromium authors.
 */
#ifndef SWSGX_CLI_TIMELINE_TIMELINE_H
#define SWSGX_CLI_TIMELINE_TIMELINE_H

#include <stdio.h>

#include "process/tape_records.h"

struct thread_span;

/* What is being written. */
struct timeline {
	FILE *out;
	uint64_t start; /* CLOCK_MONOTONIC, as the run began */
	uint64_t last;  /* time of the newest record */
	unsigned int events;
	uint64_t epc_used;         /* as the counter has it now */
	struct thread_span *spans; /* of all threads */
	unsigned int nr_spans;
};

/* events.c */
void timeline_begin(struct timeline *t);
void timeline_record(struct timeline *t, const struct tape_record *r);
/* So many records were missed before the next one of some thread. */
void timeline_lost(struct timeline *t, uint64_t n, uint64_t time);
/* Pages of the EPC that are in use. */
void timeline_epc(struct timeline *t, uint64_t time, uint64_t used);
/* Who is still inside leaves, as far as is known. */
void timeline_end(struct timeline *t);

/*
 * follow.c.  Before the program starts: 0, or -1 after a complaint.  Then
 * run_options' `follow`.
 */
int timeline_prepare(const char *file);
int timeline_follow(int connection, int ready, int stop);

/* page.S: the page, with a line "/" "*TRACE*" "/" where the events belong. */
extern const char timeline_page[], timeline_page_end[];

#endif
