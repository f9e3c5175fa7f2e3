/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run has done (process/stats.h), read and shown. */
#ifndef SWSGX_CLI_STATS_STATS_H
#define SWSGX_CLI_STATS_STATS_H

#include <stdbool.h>
#include <stdio.h>

#include "process/stats.h"

/* Of a file as in process/stats.h; the arrays lie behind `run`. */
struct stats {
	const struct stats_run *run;
	const struct stats_thread *threads;
	const struct stats_enclave *enclaves;
};

/* 0, or -errno; then stats_free() need not be called. */
int stats_read(int fd, struct stats *s);
void stats_free(struct stats *s);

/* Has any program of the run used SGX? */
bool stats_any(const struct stats *s);

/* For people.  `bold`: a terminal that is to have headings stand out. */
void stats_text(const struct stats *s, FILE *out, bool bold);
/* One JSON object and a newline; `pretty`: on several lines. */
void stats_json(const struct stats *s, FILE *out, bool pretty);

/* Would people like this stream in bold?  NO_COLOR, TERM, and a terminal. */
bool stats_may_be_bold(FILE *out);

/* names.c: counters [first, first + n), each with a name. */
struct stats_names {
	enum sgx_stats_counter first;
	unsigned int n;
	const char *const *json; /* in JSON */
	const char *const *text; /* for people */
};
extern const struct stats_names stats_aex, stats_faults, stats_leaves;

uint64_t stats_sum(const uint64_t count[SGX_STATS],
		   const struct stats_names *names);

/* "12.3 ms", in seven characters at most, or more where it is that long. */
void stats_time(char *text, size_t size, uint64_t ns);

#endif
