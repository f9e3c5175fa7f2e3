/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What registers.S and registers.c share: a whole state of the processor.
 */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_REGISTERS_H
#define SWSGX_TESTS_PROCESS_FAULTS_REGISTERS_H

#define STATE_RSP    32
#define STATE_RSI    48
#define STATE_RFLAGS 128
#define STATE_FSBASE 136
#define STATE_MASK   144
#define STATE_XSAVE  192

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct state {
	uint64_t gpr[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15 */
	uint64_t rflags, fsbase;
	uint64_t mask; /* components of XSAVE to load and to store */
	uint64_t pad[5];
	uint8_t xsave[3712];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct state, rflags) == STATE_RFLAGS, "RFLAGS");
_Static_assert(offsetof(struct state, xsave) == STATE_XSAVE, "XSAVE");

/*
 * In the enclave.  RSI: the state to take on; RDX: where to store the one found
 * after the UD2 at registers_fault.
 */
extern const char registers_run[], registers_fault[];

#endif
#endif
