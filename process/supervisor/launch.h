/* SPDX-License-Identifier: BSD-3-Clause */
/* The two processes that the front starts: the server and the program. */
#ifndef SWSGX_PROCESS_SUPERVISOR_LAUNCH_H
#define SWSGX_PROCESS_SUPERVISOR_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

struct server;

/* Exit statuses as env(1) has them. */
#define OWN_FAILURE    125
#define CANNOT_EXECUTE 126
#define NOT_FOUND      127

/* The state that the program is to start with, not the front's. */
struct launch_original {
	sigset_t mask;
	struct sigaction chld;
	int death_signal; /* PR_SET_PDEATHSIG */
};

/* A process id or -errno. */
pid_t launch_server(struct server *s);
pid_t launch_program(struct server *s, pid_t server,
		     const struct launch_original *orig, char **argv);
/* Who follows the run for options->follow: a process beside the program. */
struct follower {
	pid_t pid; /* -1: nobody */
	int stop;
};
/* 0, or -errno; -EIO: it has said why it cannot. */
int launch_follower(struct server *s, const struct launch_original *orig,
		    struct follower *f);
/* The program has ended.  Waits until all of it is written. */
void launch_follower_end(struct follower *f);
/* To be said behind strerror(err), of an execvp() that failed: "" or why. */
const char *launch_hint(const char *program, int err);

#endif
