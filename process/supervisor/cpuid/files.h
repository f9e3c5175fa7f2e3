/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that were scanned for CPUID: each once, unless it changes. */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_FILES_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_FILES_H

#include "process/supervisor/cpuid/scan.h"

struct cpuid_file;
struct msg;
struct run_options;

struct cpuid_files {
	const struct run_options *options;
	struct cpuid_file *first;
};

void cpuid_files_init(struct cpuid_files *files,
		      const struct run_options *options);

/* The sites of a file, by offset; NULL: it is none. */
const struct cpuid_scan *cpuid_file(struct cpuid_files *files, int fd);

/* Answer MSG_CPUID_SITES about `file`.  0 or -errno. */
int cpuid_sites(struct cpuid_files *files, int file, struct msg *msg);

#endif
