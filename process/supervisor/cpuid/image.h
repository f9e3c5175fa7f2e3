/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CPUID instructions of a new image, before it runs: execve() maps the
 * program and its dynamic linker where no filter sees it.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_CPUID_IMAGE_H
#define SWSGX_PROCESS_SUPERVISOR_CPUID_IMAGE_H

#include <sys/types.h>

struct cpuid_files;
struct inject_list;

/* What the image of pid has; the caller frees list->records. */
void cpuid_list_image(struct cpuid_files *files, pid_t pid,
		      struct inject_list *list);

#endif
