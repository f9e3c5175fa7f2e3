/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which processes belong to the server's run: those with its marker (RT_MARKER
 * in process/ctl.h) among their mappings.  Asked seldom, because it reads all
 * of /proc.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PROGRAM_PROCESSES_H
#define SWSGX_PROCESS_SUPERVISOR_PROGRAM_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

bool process_is_of_run(pid_t pid);
bool processes_any(void);

#endif
