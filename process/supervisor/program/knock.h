/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's end of process/rt/host/knock.c.  A thread of the run makes a
 * system call that a filter hands to the server, and gets one end of a new
 * connection as its answer; or it is about to execve, and gets a file.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PROGRAM_KNOCK_H
#define SWSGX_PROCESS_SUPERVISOR_PROGRAM_KNOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/supervisor/base/loop.h"

struct guest;

/* A thread that is about to execve, and what it says of itself. */
struct knock_exec {
	pid_t pid, tid;
	uint32_t filters;
	uint64_t ignored, mask;
	uint8_t secret[16];
};

struct knock_fns {
	loop_fn serve; /* what connections call */
	/* A file to hand over, which stays the server's; or -errno. */
	int (*exec)(void *arg, const struct knock_exec *exec);
	/* It has it, by this number; or it could not be had: -errno. */
	void (*handed)(void *arg, const struct knock_exec *exec, int fd);
};

struct knock {
	int listener;         /* of the filters, or -1 */
	bool all_gone;        /* all who had the filter have ended */
	struct guest *guests; /* who came in this way */
	const struct knock_fns *fns;
	void *arg;
};

void knock_init(struct knock *k, const struct knock_fns *fns, void *arg);

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
