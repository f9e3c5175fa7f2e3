/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mix(): a computation that notices the loss of any register; see mix.S.
 */
#ifndef SWSGX_TESTS_PROCESS_MIX_H
#define SWSGX_TESTS_PROCESS_MIX_H

#include <stdint.h>

/* rounds >= 1; wide: 1 to use the YMM registers (the CPU must have AVX2). */
__attribute__((visibility("hidden"))) uint64_t mix(uint64_t rounds,
						   uint32_t wide);

#endif
