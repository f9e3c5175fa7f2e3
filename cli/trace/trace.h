/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of a run (process/tape_records.h) as lines for people, in the manner
 * of strace: TIME PID/TID EVENT.
 */
#ifndef SWSGX_CLI_TRACE_TRACE_H
#define SWSGX_CLI_TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "process/tape_records.h"

struct symbols;

struct trace {
	FILE *out;
	uint64_t start;          /* CLOCK_MONOTONIC that is shown as 0 */
	uint32_t classes;        /* TAPE_CLASS_* that are wanted */
	struct symbols *symbols; /* NULL: no names */
};

/*
 * filter.c: "leaf,fault": bits of TAPE_CLASS_*.  -1 after a complaint that
 * names the option.
 */
int trace_filter(const char *option, const char *text, uint32_t *classes);

/* line.c: one record is one line; so is a loss of n records. */
void trace_record(struct trace *t, const struct tape_record *r);
void trace_lost(struct trace *t, uint64_t n, uint64_t time);

/* One file for each kind; each prints what follows the thread. */
void trace_open(struct trace *t, const struct tape_open *r);
void trace_ioctl(struct trace *t, const struct tape_ioctl *r);
void trace_memory(struct trace *t, const struct tape_memory *r);
void trace_leaf(struct trace *t, const struct tape_leaf *r);
void trace_aex(struct trace *t, const struct tape_aex *r);
void trace_fault(struct trace *t, const struct tape_fault *r);
void trace_signal(struct trace *t, const struct tape_signal *r);
void trace_paging(struct trace *t, const struct tape_paging *r);
void trace_event(struct trace *t, const struct tape_event *r);

/*
 * The `n` bytes behind the first `used` of a record, or NULL: whatever may
 * stand there, a record ends at its size.
 */
const uint8_t *trace_behind(const struct tape_record *r, size_t used, size_t n);
/* A reason of that many bytes, with ": " before it, if there is any. */
void trace_reason(struct trace *t, const struct tape_record *r, size_t used,
		  size_t n);
/* "BASE+OFFSET <symbol+offset>", or an address elsewhere. */
void trace_place(struct trace *t, const struct tape_enclave *enclave,
		 uint32_t pid, uint64_t address);
/* "#PF", "#GP err=0x..". */
void trace_exception(struct trace *t, const struct tape_exception *e);

#endif
