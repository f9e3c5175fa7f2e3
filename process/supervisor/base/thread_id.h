/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads by the ids that they know themselves by.  In a pid namespace of its
 * own a thread has another id than the server sees.  pid_namespaces(7).
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_THREAD_ID_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_THREAD_ID_H

#include <sys/types.h>

/* The thread of process pid that calls itself `own`; 0: there is none. */
pid_t thread_by_own_id(pid_t pid, pid_t own);

/* The same; where /proc cannot tell, `own` itself. */
pid_t thread_id(pid_t pid, pid_t own);

#endif
