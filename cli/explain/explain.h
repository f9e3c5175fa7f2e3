/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the numbers and names of SGX mean, for `swsgx explain`.  One value can
 * have several readings (14 is an errno, a vector and a code of SGX), so each
 * reader adds what it knows to a report, or nothing.
 */
#ifndef SWSGX_CLI_EXPLAIN_EXPLAIN_H
#define SWSGX_CLI_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/info/report.h"

/* What was asked: a number, or a name such as EIO or SGX_NOT_TRACKED. */
struct question {
	const char *text; /* as it was given */
	bool is_number;
	uint64_t number;
};

/* Adds items "meanings" to the report; how many. */
typedef unsigned reader(struct report *report, const struct question *q);

reader explain_page_fault; /* bits of #PF's error code */
reader explain_exitinfo;   /* EXITINFO of an SSA frame */
reader explain_exception;  /* vectors, as the vDSO reports them */
reader explain_code;       /* what a leaf returns in RAX */
reader explain_errno;      /* of the driver's calls */
reader explain_sdk;        /* sgx_status_t of Intel's SDK */
reader explain_function;   /* `function` of struct sgx_enclave_run */

/*
 * One meaning: its kind (for programs), a title, then what it means, and what
 * to do next (NULL: nothing).
 */
void explain_begin(struct report *report, const struct question *q,
		   const char *kind, const char *title);
void explain_means(struct report *report, const char *means, const char *next);

/* A row of a table of names; tables end with a NULL name. */
struct meaning {
	uint64_t value;
	const char *name, *means, *next;
};

/* One item for the row that `q` is about, if there is one. */
unsigned explain_row(struct report *report, const struct question *q,
		     const char *kind, const char *what,
		     const struct meaning *rows);

#endif
