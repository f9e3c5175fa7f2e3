/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that were scanned for CPUID: each once, unless it changes. */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_FILES_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_FILES_H

#include "process/supervisor/cpuid/scan.h"

struct cpuid_file;
struct msg;
struct rt_params;
struct run_options;
struct stat;

struct cpuid_files {
	const struct run_options *options;
	struct cpuid_file *first;
};

void cpuid_files_init(struct cpuid_files *files,
		      const struct run_options *options);

/* The sites of a file, by offset; NULL: it is none. */
const struct cpuid_scan *cpuid_file(struct cpuid_files *files, int fd);

/* The same of a file that is known, and surely as it was; NULL: read it. */
const struct cpuid_scan *cpuid_known(const struct cpuid_files *files,
				     const struct stat *st);

/*
 * Reads the server's own dynamic linker, or C library, which nearly all
 * programs have as well, while there is time.
 */
void cpuid_read_linker(struct cpuid_files *files);
void cpuid_read_libc(struct cpuid_files *files);

/* Files that have no sites, those met last first: params->clean. */
void cpuid_list_clean(const struct cpuid_files *files,
		      struct rt_params *params);

/* Answer MSG_CPUID_SITES about `file`.  0 or -errno. */
int cpuid_sites(struct cpuid_files *files, int file, struct msg *msg);

#endif
