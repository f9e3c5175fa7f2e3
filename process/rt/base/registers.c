/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers by number. */
#include "process/rt/base/registers.h"
#include "process/rt/base/abi.h"

uint64_t *rt_register(struct machine_context *mc, unsigned int n)
{
	uint64_t *const registers[] = {
		&mc->rax, &mc->rcx, &mc->rdx, &mc->rbx, &mc->rsp, &mc->rbp,
		&mc->rsi, &mc->rdi, &mc->r8,  &mc->r9,  &mc->r10, &mc->r11,
		&mc->r12, &mc->r13, &mc->r14, &mc->r15, &mc->rip,
	};

	return registers[n];
}

unsigned int rt_argument_register(unsigned int i)
{
	/* RDI, RSI, RDX, R10, R8, R9 */
	static const uint8_t arguments[RT_ARGUMENTS] = { 7, 6, 2, 10, 8, 9 };

	return arguments[i];
}

uint64_t *rt_argument(struct machine_context *mc, unsigned int i)
{
	return rt_register(mc, rt_argument_register(i));
}
