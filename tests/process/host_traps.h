/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Some processors that programs run on are emulated, and leave exceptions out:
 * QEMU's TCG has no alignment check and no SIMD exceptions.
 */
#ifndef SWSGX_TESTS_PROCESS_HOST_TRAPS_H
#define SWSGX_TESTS_PROCESS_HOST_TRAPS_H

#include <stdbool.h>

/*
 * Does this host raise #AC (17) or #XM (19)?  Tried, by this program, with the
 * signal's handler replaced meanwhile.  True for every other vector.
 */
bool host_traps(int vector);

#endif
