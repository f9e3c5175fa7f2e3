/* SPDX-License-Identifier: BSD-3-Clause */
/* SDM vol. 2 "Instruction Format": RIP-relative operands. */
#include "process/rt/base/emit.h"
#include "cpu/mem.h"

#define RM_RIP 5 /* ModRM.rm, with mod 0 */

uint8_t *rt_emit(uint8_t *p, uint8_t prefix, uint8_t opcode, unsigned reg,
		 const void *operand)
{
	int32_t disp;

	if (prefix)
		*p++ = prefix;
	*p++ = opcode;
	*p++ = (uint8_t)(reg << 3 | RM_RIP);
	disp = (int32_t)((int64_t)operand - (int64_t)(p + 4));
	memcpy(p, &disp, sizeof(disp));
	return p + 4;
}
