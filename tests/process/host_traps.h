/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processors that are emulated leave exceptions out: QEMU's TCG has no
 * alignment check and no SIMD exceptions.
 * There, and nowhere else, a test asks first, and says what it skips.
 */
#ifndef SWSGX_TESTS_PROCESS_HOST_TRAPS_H
#define SWSGX_TESTS_PROCESS_HOST_TRAPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does this host raise #DB for INT1 (1), #SS for an address (12), #AC (17), #XM
 * (19)?  Tried in a child; if not, the section is said to be skipped.  True for
 * other vectors, and where the processor is real.
 */
bool host_traps(int vector);
/* The same, of #GP for a read across the end of the canonical addresses. */
#define HOST_CANONICAL_END 0x10d

/*
 * Does the host get over these instructions, in user mode?  TCG reads a 32-bit
 * far return's stack at a wrong address, as the kernel, which oopses.  If not,
 * the section is said to be skipped.
 */
bool host_survives(const void *code, size_t length);

#endif
