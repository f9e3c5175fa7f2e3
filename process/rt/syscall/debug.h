/* SPDX-License-Identifier: BSD-3-Clause */
/* Debuggers in the run: debug.c, trace.c, trace_stops.c. */
#ifndef SWSGX_PROCESS_RT_SYSCALL_DEBUG_H
#define SWSGX_PROCESS_RT_SYSCALL_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct thread;

/* debug.c: is addr in an enclave of this process of the run? */
bool rt_debug_in_enclave(uint32_t pid, uint64_t addr);
/* A hexadecimal number that /proc/TID/status has behind `label` */
bool rt_debug_status(uint32_t tid, const char *label, uint64_t *value);

/* trace.c: a ptrace() call.  True: done. */
bool rt_trace(struct thread *t, struct machine_context *mc);
/* Before a tracee goes on: the runtime into its new image, if it has one. */
void rt_trace_inject(uint32_t tid);
/* execve() is about to be made: PTRACE_TRACEME that was put off until then. */
void rt_trace_before_exec(const struct thread *t);

/* trace_stops.c: the tracee goes on, freely or by steps. */
void rt_trace_goes_on(uint32_t tid, bool freely);
/* wait4(): does not return stops that are none of the program's.  True: done */
bool rt_trace_wait(struct machine_context *mc);

#endif
