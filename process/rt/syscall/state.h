/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of system calls keeps for each thread, and for the process. */
#ifndef SWSGX_PROCESS_RT_SYSCALL_STATE_H
#define SWSGX_PROCESS_RT_SYSCALL_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* struct thread's `syscall` */
struct thread_syscall {
	bool newborn_clears;   /* clone.c: the child drops its handlers */
	bool traced_from_exec; /* trace.c: PTRACE_TRACEME is made at execve */
};

/* struct process' `syscall` */
struct process_syscall {
	uint32_t own_filters; /* seccomp.c: the program installed some */
	uint32_t traces;      /* trace.c: other processes, as a debugger */
	/* exec.c: threads that want the process dumpable */
	uint32_t open_lock, nr_open;
	bool was_closed; /* it was not dumpable before */
};

#endif
