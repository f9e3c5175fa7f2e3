/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A built and signed enclave in one flat file, for a program that has no
 * libraries: this header, then the enclave's memory at the next page.
 */
#ifndef SWSGX_TESTS_PROCESS_PACK_H
#define SWSGX_TESTS_PROCESS_PACK_H

#include "examples/lib/enclave.h"

#define PACK_MEMORY 16384	/* offset of the memory in the file */

struct pack {
	struct secs secs;	/* BASEADDR still to be set */
	struct sigstruct sig;
	uint64_t size;		/* of ELRANGE */
	uint64_t memory_length;
	uint64_t nr_segments;
	struct enclave_segment segments[ENCLAVE_MAX_SEGMENTS];
};
_Static_assert(sizeof(struct pack) <= PACK_MEMORY, "the header fits");

#endif
