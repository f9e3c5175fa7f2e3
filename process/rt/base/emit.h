/* SPDX-License-Identifier: BSD-3-Clause */
/* Machine code that the runtime writes. */
#ifndef SWSGX_PROCESS_RT_BASE_EMIT_H
#define SWSGX_PROCESS_RT_BASE_EMIT_H

#include <stdint.h>

/*
 * Writes an instruction at p: the prefix (0: none), the opcode, and ModRM with
 * `reg` and the operand [RIP + displacement].  Returns the place behind it.
 */
uint8_t *rt_emit(uint8_t *p, uint8_t prefix, uint8_t opcode, unsigned reg,
		 const void *operand);

#endif
