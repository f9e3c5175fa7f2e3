/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the platform file lies in an address space, and how much of it: of a
 * program's (process/rt), and of the server's.  Freestanding.
 */
#ifndef SWSGX_PROCESS_PLACE_H
#define SWSGX_PROCESS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/platform/layout.h"

/* What the process is asked for.  Calls return a value or -errno. */
struct place_host {
	long (*mmap)(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		     uint64_t off);
	void (*munmap)(uint64_t addr, uint64_t len);
	/* Where it keeps so much inaccessible: an address, or 0.  Or NULL. */
	uint64_t (*find_reserved)(uint64_t size);
	uint64_t limit; /* RLIMIT_AS; UINT64_MAX: none */
};

struct place {
	uint64_t base;  /* of the file's start */
	uint64_t reach; /* EPC addresses that are mapped: sgx_mm */
	bool in_parts;  /* sgx_platform_parts(), not all up to there */
};

/* Map as much of the platform as there is room for; 0 or -errno. */
int place_platform(const struct place_host *h, int fd, struct place *p);
/* Of the file, [off, off + len) where the kernel likes; an address or -errno */
long place_span(const struct place_host *h, int fd, int prot, uint64_t off,
		uint64_t len);
/* The mappings that there are, as offsets from p->base.  How many. */
unsigned int place_parts(const struct place *p,
			 struct sgx_part parts[SGX_PARTS]);

#endif
