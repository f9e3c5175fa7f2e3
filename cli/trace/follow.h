/* SPDX-License-Identifier: BSD-3-Clause */
/* Follows a run and writes its trace. */
#ifndef SWSGX_CLI_TRACE_FOLLOW_H
#define SWSGX_CLI_TRACE_FOLLOW_H

#include <stdbool.h>

struct follow {
	const char *file;    /* NULL: standard error */
	const char *filter;  /* NULL: all; as `option` says */
	const char *option;  /* what the user calls the filter */
	const char *symbols; /* NULL: files are looked for */
	int output;
	struct trace *trace;
};

/* Checks what the user asked for, and opens the file.  -1 after a complaint. */
int follow_prepare(struct follow *f);

/*
 * On this connection to the run's server, until the run is over or `stop` can
 * be read.  all: from the run's start.  A byte is written to `ready` (-1: to
 * nothing) once nothing is missed any more.  0, or -1 after a complaint.
 */
int follow_run(struct follow *f, int connection, bool all, int ready, int stop);

#endif
