/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What /proc says, taken apart: proc(5).  This is about text only; lines.c and
 * others read the files.
 */
#ifndef SWSGX_PROCESS_RT_HOST_PROC_H
#define SWSGX_PROCESS_RT_HOST_PROC_H

#include <stdbool.h>
#include <stdint.h>

/* A line of /proc/PID/maps, which smaps has, too. */
struct mapping {
	uint64_t start, end;
	char perms[4];     /* "rwxp" or dashes */
	uint64_t dev, ino; /* as stat(2) numbers them */
	const char *path;  /* into the line; "": no file's */
};

/* False: it is another line. */
bool proc_mapping(const char *line, struct mapping *m);
/* "VmFlags:" of smaps: has it "me", may be executed?  False: another line. */
bool proc_mayexec(const char *line, bool *mayexec);

/* /proc/PID/stat: its fields by their numbers in proc(5), from 3 on. */
enum proc_stat {
	STAT_STATE = 3,
	STAT_STARTCODE = 26,
	STAT_ENDCODE,
	STAT_STARTSTACK,
	STAT_START_DATA = 45,
	STAT_END_DATA,
	STAT_START_BRK,
	STAT_ARG_START,
	STAT_ARG_END,
	STAT_ENV_START,
	STAT_ENV_END,
	STAT_FIELDS
};
/* False: there are fewer fields.  One that is no number is 0. */
bool proc_stat(const char *text, uint64_t field[STAT_FIELDS]);

/* /proc/PID/status: the hexadecimal number behind `label` at a line's start. */
bool proc_status(const char *text, const char *label, uint64_t *value);

/* "/proc/PID/mem" or "/proc/PID/task/TID/mem": PID; another path: 0. */
uint32_t proc_mem(const char *path);

/* Writes a number in decimal and a NUL; returns the place of the NUL. */
char *proc_number(char *to, uint32_t n);

#endif
