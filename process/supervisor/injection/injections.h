/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The injections of a run: events that happen to the platform at a command's or
 * a program's wish, or when --inject says.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_INJECTION_INJECTIONS_H
#define SWSGX_PROCESS_SUPERVISOR_INJECTION_INJECTIONS_H

#include "process/supervisor/injection/report.h"

struct platform;

struct injections {
	struct platform *platform;
	const struct run_options *options;
	struct report report;
	int timers[SGX_MAX_INJECTIONS]; /* of those that need one, or -1 */
};

/* Those of the options are in place when it returns; time has not begun. */
void injections_init(struct injections *s, struct platform *platform,
		     const struct run_options *options);
void injections_start(struct injections *s);

/* MSG_EVENT: make it happen, report it, and fill in what was hit. */
int injections_event(struct injections *s, struct msg *msg);

/* Counts an event of the server's own, and has happen what is due. */
void injections_count(struct injections *s, enum sgx_when when);

/*
 * MSG_INJECTION: EVENT@WHEN happens once, counted from now.  0, -EINVAL or
 * -ENOSPC.
 */
int injections_next(struct injections *s, const char *spec);

/* Say the sums, once. */
void injections_totals(struct injections *s);

#endif
