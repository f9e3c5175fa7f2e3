/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run: the platform, the program, and who serves it.
 *
 *	swsgx run ---- front: the program's parent; passes its exit status,
 *	   |  |        signals and job control through, and nothing else
 *	   |  '------- server: holds the platform, injects the runtime at every
 *	   |           exec, hands out device tokens, frees dead enclaves
 *	   '---------- the program
 *
 * The server is a process of its own so that job control may stop the front,
 * and so that what a program leaves running in the background is still served
 * after `swsgx run` has returned.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_SUPERVISOR_H
#define SWSGX_PROCESS_SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/ctl.h"
#include "process/supervisor/base/options.h"

/*
 * Run argv[0] with its arguments.  Returns the status for swsgx to exit with:
 * the program's, or 125, 126, 127 as env(1) has them.  If a signal ended the
 * program, ends this process by the same signal.
 */
int supervisor_run(const struct run_options *options, char **argv);

/*
 * The server of the run that process pid belongs to: connects to it.  A
 * descriptor, or -errno: -ESRCH no such process, -ENOENT not under swsgx,
 * -EACCES another user's.
 */
int supervisor_connect(pid_t pid);

/* Calls back with a connection to each run's server; fn closes it. */
void supervisor_each_run(void (*fn)(pid_t front, int fd, void *arg), void *arg);

/* One request and its answer on such a connection; 0 or -errno. */
int supervisor_call(int fd, struct msg *msg);
/* The same; *file: a descriptor that came with the answer, or -1. */
int supervisor_fetch(int fd, struct msg *msg, int *file);

/* Is this process itself under swsgx? */
bool supervisor_is_inside(void);

#endif
