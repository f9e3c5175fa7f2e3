/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that are about to execve.  The server seizes them, puts the runtime
 * into the new image at the exec event, and lets them go.  A thread that a
 * tracer of the run holds already gets it when that tracer lets it go on; the
 * tracer's runtime does for the server what ptrace() would do.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PROGRAM_TRACEES_H
#define SWSGX_PROCESS_SUPERVISOR_PROGRAM_TRACEES_H

#include <stdbool.h>
#include <sys/types.h>

struct cpuid_files;
struct knock;
struct lives;
struct msg;
struct rt_params;
struct run_options;
struct tracee;

struct tracees {
	const struct run_options *options;
	struct rt_params *params; /* a template */
	struct lives *lives;
	struct knock *knock;
	struct cpuid_files *files;
	struct tracee *first;
	pid_t not_injected; /* the last one that failed */
};

/* MSG_EXEC: the process at the other end of fd is about to execve. */
int tracees_seize(struct tracees *s, int fd, struct msg *msg);

/* The same without a connection. */
struct knock_exec;
int tracees_knock(struct tracees *s, const struct knock_exec *exec);
/* It has the runtime's file by this number; -errno: it goes on as before. */
void tracees_handed(struct tracees *s, const struct knock_exec *exec, int fd);

/* MSG_EXEC_FAILED: execve() has returned; let the thread go. */
void tracees_release(struct tracees *s, int fd);

/* The connection is being closed. */
void tracees_forget(struct tracees *s, int fd);

/* MSG_TRACEE_EXEC: fd's process holds the tracee, and does what it is told. */
int tracees_inject(struct tracees *s, int fd, struct msg *msg);

/* After SIGCHLD. */
void tracees_wait(struct tracees *s);

#endif
