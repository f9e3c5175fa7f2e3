/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the runtime.  Each is one line, made by one write(2) to the
 * program's stderr, and starts with "swsgx: ".  Formats: %s, %d, %u and %x; the
 * last three with l or ll for 64 bits.
 */
#ifndef SWSGX_PROCESS_RT_BASE_LOG_H
#define SWSGX_PROCESS_RT_BASE_LOG_H

void rt_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The runtime cannot go on: says why, and ends the process by SIGABRT. */
_Noreturn void rt_panic(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
