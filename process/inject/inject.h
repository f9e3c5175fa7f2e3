/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The injector puts the runtime into a process that is stopped at its exec
 * event, before the new image's first instruction.  ptrace(2).
 *
 * Functions return 0 or -errno; on failure `why` says what was being done.
 */
#ifndef SWSGX_PROCESS_INJECT_INJECT_H
#define SWSGX_PROCESS_INJECT_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/ctl.h"

struct user_regs_struct;

/*
 * What does to the thread what ptrace(2) does: the server, or a tracer of the
 * run on its behalf.  0 or -errno.
 */
struct inject_tracer {
	int (*getregs)(void *self, struct user_regs_struct *regs);
	int (*setregs)(void *self, const struct user_regs_struct *regs);
	int (*setsigmask)(void *self, uint64_t mask);
	/* The si_code of the signal that it has stopped for. */
	int (*sigcode)(void *self, int *code);
	/* Let it run with this signal until it stops: waitpid()'s status. */
	int (*cont)(void *self, int sig, int *status);
	void *self;
};
/* By the calling process; self: pid_t *, the thread. */
extern const struct inject_tracer inject_by_ptrace;

struct inject_result {
	const char *why; /* what failed, for people */
	uint64_t held;   /* signals that came meanwhile: send them */
	int skipped;     /* a 32-bit image: left alone */
	int knock;       /* the listener of host/knock.c, or -1 */
};

#define INJECT_SIGNAL(sig) (1ull << ((sig)-1))

/* Where a new image begins. */
struct inject_start {
	uint64_t sp;   /* argc and what follows */
	int closed;    /* it was made to open its memory, for now */
	uint64_t held; /* as in struct inject_result */
};

#define INJECT_CS_64BIT 0x33
/* Of PTRACE_SEIZE. */
#define INJECT_OPTIONS (PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

/* First, at the exec event: afterwards its memory can be read and written. */
int inject_start(pid_t tid, struct inject_start *start);

/* Records of struct rt_cpuid_mapping, one after another. */
struct inject_list {
	void *records;
	size_t bytes;
};

/* /proc/TID/mem, to be read and written; -1 with errno. */
int inject_open_memory(pid_t tid);

/*
 * The runtime as a file, in the calling process; -1: it cannot be had.  Another
 * process may be given a copy, so that its new image maps it.
 */
int inject_blob_file(void);
/* Is fd of process pid such a copy? */
bool inject_has_blob_file(pid_t pid, int fd);

/*
 * `start`: what inject_start() found; NULL if the tracer is another process.
 * `params`: a template; what the image says is filled in.
 * `blob`: the image's copy of inject_blob_file(), which it closes; or -1.
 * `list`: is left for the runtime at rt_params.cpuid_list.
 * `mask`: the real signal mask that the image starts with.
 * On failure, too, the thread has its registers and this mask.
 */
int inject(pid_t tid, const struct inject_start *start,
	   const struct inject_tracer *tracer, const struct rt_params *params,
	   int blob, const struct inject_list *list, uint64_t mask,
	   struct inject_result *result);

/* The linked runtime: address RT_BASE, embedded in this program (blob.S). */
extern const uint8_t rt_blob[], rt_blob_end[];

/* The parameters as the linker left them in the blob. */
const struct rt_params *inject_blob_params(void);

#endif
