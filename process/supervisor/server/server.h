/* SPDX-License-Identifier: BSD-3-Clause */
/* The server process: its modules, and the loop that ties them together. */
#ifndef SWSGX_PROCESS_SUPERVISOR_SERVER_SERVER_H
#define SWSGX_PROCESS_SUPERVISOR_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "process/ctl.h"
#include "process/supervisor/aesm/aesm.h"
#include "process/supervisor/base/options.h"
#include "process/supervisor/cpuid/files.h"
#include "process/supervisor/injection/injections.h"
#include "process/supervisor/platform/platform.h"
#include "process/supervisor/program/knock.h"
#include "process/supervisor/program/program.h"
#include "process/supervisor/program/tracees.h"

struct server {
	const struct run_options *options;
	struct rt_params params; /* a template for each new image */
	struct platform platform;
	struct injections injections;
	struct cpuid_files cpuid_files;
	struct knock knock;
	struct tracees tracees;
	struct program program;
	struct aesm_server aesm;
	int listener;
	int front_gone; /* a pipe that closes with the front */
	int front_end;  /* and the front's end of it */
	bool lingers;   /* the front has gone */
};

/*
 * In the front, before the server is forked: the platform, the listener, the
 * parameters.  0, or a negative number after a message.
 */
int server_setup(struct server *s);

/* Serves until the run is over. */
_Noreturn void server_main(struct server *s);

#endif
