/* SPDX-License-Identifier: BSD-3-Clause */
/* The runs on this machine, for the commands that talk to them. */
#ifndef SWSGX_CLI_RUNS_H
#define SWSGX_CLI_RUNS_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/ctl.h"

/* A request to a run, and what to do with its answer. */
struct run_request {
	struct msg msg;
	void (*answered)(pid_t pid, const struct msg *answer);
	/* Or: an answer that carries a file, or -1. */
	void (*answered_file)(pid_t pid, const struct msg *answer, int file);
};

/* Ask the run that the process belongs to.  0, or -1 after a complaint. */
int runs_ask_pid(const char *pid, const struct run_request *request);
/* Has the process ended, or left the run?  False if nobody knows. */
bool runs_is_over(const char *pid);
/* Ask all runs of this user.  It is a failure, too, if there is none. */
int runs_ask_all(const struct run_request *request);

/*
 * A connection to the server of the run that process PID (`text`) belongs to;
 * -1 after a complaint.
 */
int runs_connect(const char *text);

#endif
