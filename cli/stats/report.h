/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx run --stats[=FILE]`: what the run has done, at its end. */
#ifndef SWSGX_CLI_STATS_REPORT_H
#define SWSGX_CLI_STATS_REPORT_H

/*
 * Before the program starts: FILE, or NULL for standard error.  JSON if its
 * name ends so.  0, or -1 after a complaint.
 */
int stats_report_open(const char *file);
/* The file as in process/stats.h; it is run_options' `stats`. */
void stats_report(int fd);

#endif
