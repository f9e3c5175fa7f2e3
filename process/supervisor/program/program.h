/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front's program, the first process of the run.  Who kills `swsgx run`
 * means its program, so the program ends when the front has, as if the two were
 * one process.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PROGRAM_PROGRAM_H
#define SWSGX_PROCESS_SUPERVISOR_PROGRAM_PROGRAM_H

#include <sys/types.h>

struct program {
	int pidfd; /* or -1 */
};

/* Process pid is about to exec: the first that does is the program. */
void program_met(struct program *p, pid_t pid);
void program_end(struct program *p);

#endif
