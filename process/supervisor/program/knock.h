/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's end of process/rt/host/knock.c.  A thread of the run makes a
 * system call that a filter hands to the server, and gets one end of a new
 * connection as its answer.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PROGRAM_KNOCK_H
#define SWSGX_PROCESS_SUPERVISOR_PROGRAM_KNOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/supervisor/base/loop.h"

struct guest;

struct knock {
	int listener;         /* of the filters, or -1 */
	bool all_gone;        /* all who had the filter have ended */
	struct guest *guests; /* who came in this way */
	loop_fn serve;        /* what their connections call */
	void *arg;
};

void knock_init(struct knock *k, loop_fn serve, void *arg);

/* Takes the listener over; -1: there is none. */
void knock_listen(struct knock *k, int listener);

/* The connection is being closed. */
void knock_forget(struct knock *k, int fd);

/* Did it come in this way? */
bool knock_is_guest(const struct knock *k, int fd);

/* The thread that came in this way; 0: the connection is another's. */
pid_t knock_tid(const struct knock *k, int fd);

/* The process at the other end of any connection; 0: not known. */
pid_t knock_peer(const struct knock *k, int fd);

#endif
