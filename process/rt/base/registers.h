/* SPDX-License-Identifier: BSD-3-Clause */
/* The registers of a signal frame, by number. */
#ifndef SWSGX_PROCESS_RT_BASE_REGISTERS_H
#define SWSGX_PROCESS_RT_BASE_REGISTERS_H

#include "process/rt/base/abi.h"

#define RT_ARGUMENTS 6 /* of a system call */

/* By the processor's number; 16 is RIP (process/rewrite.h). */
uint64_t *rt_register(struct machine_context *mc, unsigned int n);

/* The i-th argument of a system call: RDI, RSI, RDX, R10, R8, R9. */
uint64_t *rt_argument(struct machine_context *mc, unsigned int i);
/* The number of its register. */
unsigned int rt_argument_register(unsigned int i);

#endif
