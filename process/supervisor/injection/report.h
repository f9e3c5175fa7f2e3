/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports on standard error what was injected, always, so that it is not taken
 * for a fault of the program or of swsgx.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_INJECTION_REPORT_H
#define SWSGX_PROCESS_SUPERVISOR_INJECTION_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/platform/injection.h"

struct msg;
struct run_options;

/* What came of an injection, or of what a program asked for. */
struct tally {
	uint32_t event; /* enum sgx_event */
	uint64_t times, enclaves, pages, threads;
	char text[SGX_INJECTION_TEXT];
};

struct report {
	struct tally by_injection[SGX_MAX_INJECTIONS];
	struct tally by_program[SGX_EVENTS];
	bool totals_said;
};

void report_init(struct report *r);

/* Place i is another injection's from now on. */
void report_begin(struct report *r, int i, const struct sgx_injection *in);

/* It has happened.  `in`: the injection, or NULL if the program asked. */
void report_event(struct report *r, const struct sgx_injection *in,
		  const struct msg *msg);

/* The sums, once, at the end of the run. */
void report_totals(struct report *r, const struct run_options *options);

#endif
