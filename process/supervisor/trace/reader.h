/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Follows a run: the records of all its tapes, in the order of their time.  A
 * process of its own does so, neither the server nor the front, because it may
 * have to wait for whoever takes its output.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_TRACE_READER_H
#define SWSGX_PROCESS_SUPERVISOR_TRACE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "process/tape_records.h"

struct reader;

/* What a reader is told. */
struct reader_listener {
	void (*record)(void *arg, const struct tape_record *record);
	/* So many records of somebody's were missed before the next one. */
	void (*lost)(void *arg, uint64_t n, uint64_t time);
	void *arg;
};

/*
 * Begin, on a connection to the run's server (supervisor_connect()), which the
 * reader has from now on.  classes: TAPE_CLASS_*.  `all`: from the run's start,
 * not from now.  NULL: *error is -errno; -EPROTO: another version of swsgx runs
 * there.
 */
struct reader *reader_open(int connection, uint32_t classes, bool all,
			   int *error);
void reader_close(struct reader *reader);

/* CLOCK_MONOTONIC and CLOCK_REALTIME as the run began, nanoseconds. */
uint64_t reader_start(const struct reader *reader);
uint64_t reader_start_real(const struct reader *reader);

/*
 * Tells the listener what there is.  What is younger than some milliseconds
 * waits for the next time, since another thread may yet write what came before
 * it; `last`: there is no next time.  Returns how many records were told.
 */
uint64_t reader_poll(struct reader *reader,
		     const struct reader_listener *listener, bool last);

/*
 * Waits a little, or until there is something at `wake` (-1: no descriptor) or
 * the run is over.  False: it is over, or wake can be read.
 */
bool reader_wait(struct reader *reader, int wake);

#endif
