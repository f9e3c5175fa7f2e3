/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Just enough of a processor to try an enclave's code in an ordinary process:
 * ENCLU is not executed there, so its signal is caught, and the leaf is acted
 * out on the signal's registers.  EENTER, ERESUME, EEXIT, EREPORT, EGETKEY and
 * asynchronous exits; one thread; GS is switched, FS is not; no protection.
 */
#ifndef SWSGX_TESTS_LIB_PROCESSOR_H
#define SWSGX_TESTS_LIB_PROCESSOR_H

#include "examples/lib/enclave.h"

/*
 * Lay the image out in plain memory.  Fills *e, but for the descriptor.  Takes
 * SIGILL and SIGSEGV, as cmocka does for every test and every fixture: so call
 * it in the test itself.
 */
void processor_load(struct enclave *e, const struct enclave_image *image);
void processor_unload(struct enclave *e);

extern struct processor {
	uint16_t isvsvn; /* what EREPORT says, EGETKEY's limit */
	uint8_t cpusvn[16];
	uint8_t fuses;       /* another value: another platform */
	bool abandon_at_aex; /* as a signal handler may, see enclave.h */
	unsigned eenter, eresume, eexit, aex;
	uint64_t fault_addr; /* of the last AEX */
} processor;

#endif
