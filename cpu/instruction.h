/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction that raised an exception in an enclave: is it ENCLU, and may
 * an enclave execute it?
 *
 * Source: SDM "ENCLU - Execute an Enclave User Function of Specified Leaf
 * Number"; "Intel SGX Interactions with IA-32 and Intel 64 Architecture",
 * "Illegal Instructions"; vol. 2 "Opcode Map".
 */
#ifndef SWSGX_CPU_INSTRUCTION_H
#define SWSGX_CPU_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"

struct package;

/*
 * What stands at an address.  It is read once, because the page may be taken
 * away or given back at any moment.
 */
struct instruction {
	uint8_t byte[INSN_MAX + 2]; /* zeros after what was read */
	unsigned int length;        /* what could be read: perhaps 0 */
	uint8_t before[2]; /* the bytes before it; zeros if not readable */
	uint64_t rip;
};

/* The length of its prefixes; all that was read, if no opcode follows. */
unsigned int instruction_prefixes(const struct instruction *insn);

/* Is it ENCLU?  The length of its prefixes, or -1. */
int instruction_is_enclu(const struct instruction *insn);

/* Is it #UD in an enclave, though it is not outside? */
bool instruction_is_illegal(const struct package *package,
			    const struct instruction *insn);

#endif
