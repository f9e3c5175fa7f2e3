/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs that go on on this machine, for the commands that talk to them. */
#ifndef SWSGX_CLI_RUNS_H
#define SWSGX_CLI_RUNS_H

#include <sys/types.h>

#include "process/ctl.h"

/* What is asked of one run, and done with its answer. */
struct run_request {
	struct msg msg;
	void (*answered)(pid_t pid, const struct msg *answer);
};

/* Of the run that the process belongs to.  0, or -1 after a complaint. */
int runs_ask_pid(const char *pid, const struct run_request *request);
/* Of all runs of this user; that there is none is a failure too. */
int runs_ask_all(const struct run_request *request);

#endif
