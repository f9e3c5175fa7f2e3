/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What /proc says: the one place that reads it for the supervisor and the
 * commands.  proc(5).
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_PROC_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As `pid`: the calling process. */
#define PROC_SELF (-1)

/*
 * The text behind `field` ("Tgid:") in the status of process or thread pid,
 * without the blanks around it.  False: it cannot be had.
 */
bool proc_status(pid_t pid, const char *field, char *value, size_t size);

/* The same as a decimal number; `otherwise` if it cannot be had. */
long proc_number(pid_t pid, const char *field, long otherwise);

/*
 * The id of a thread in the pid namespace it lives in: the last one in NSpid.
 * 0: it cannot be had, or `tid` is no thread of process `pid`.
 */
pid_t proc_innermost_id(pid_t pid, pid_t tid);

/* Calls back for each until fn returns true; true if it did. */
typedef bool (*proc_id_fn)(pid_t id, void *arg);
bool proc_each_process(proc_id_fn fn, void *arg);
bool proc_each_thread(pid_t pid, proc_id_fn fn, void *arg);

/* A line of /proc/PID/maps. */
struct proc_mapping {
	unsigned long start, end, offset, inode;
	char prot[5];     /* "r-xp" */
	const char *path; /* "" if it has none */
};
typedef bool (*proc_mapping_fn)(const struct proc_mapping *m, void *arg);
bool proc_each_mapping(pid_t pid, proc_mapping_fn fn, void *arg);

/* The abstract sockets in this network namespace; `name` has no "@". */
typedef bool (*proc_socket_fn)(const char *name, bool listens, void *arg);
bool proc_each_socket(proc_socket_fn fn, void *arg);

/* open("/proc/PID/...").  A descriptor or -errno. */
int proc_open(pid_t pid, int flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where a link /proc/PID/... leads to; "" if it cannot be read. */
void proc_link(pid_t pid, char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
