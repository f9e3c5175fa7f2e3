/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform of a run: its memory, which the programs map too, and who uses
 * it.  The memory is one sparse file with the package, the EPCM, the kernel's
 * tables and the EPC (kernel/platform/layout.h has the layout).  It ends with
 * the run, as the content of the EPC does when the power is cut.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_PLATFORM_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_PLATFORM_H

#include <stddef.h>

#include "kernel/platform/mm_types.h"
#include "process/place.h"
#include "process/supervisor/platform/lives.h"
#include "process/supervisor/platform/tokens.h"
#include "process/supervisor/trace/tapes.h"

struct platform {
	int fd; /* of the file */
	void *memory;
	struct place place; /* where it is, how much of it */
	struct sgx_mm mm;
	struct lives lives;
	struct tokens tokens;
	uint32_t aesm_fault; /* SGX_EVENT_AESM_*, of its next answer; or 0 */
	struct tapes tapes;
	void (*entropy)(void *buf, size_t n);
};

/* 0 or -errno.  There is one platform in a process. */
int platform_create(struct platform *p, const struct package_config *config,
		    void (*entropy)(void *buf, size_t n));

/* The process has no more to do with it; others may. */
void platform_leave(struct platform *p);

#endif
