/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a file line by line. */
#ifndef SWSGX_PROCESS_RT_HOST_LINES_H
#define SWSGX_PROCESS_RT_HOST_LINES_H

#include <stdbool.h>

#define RT_LINE_MAX 512 /* longer lines are cut */

/*
 * Calls line(text, arg) for each line, which has no newline, until one returns
 * true.  Returns whether one did.
 */
bool rt_read_lines(const char *path, bool (*line)(const char *text, void *arg),
		   void *arg);

#endif
