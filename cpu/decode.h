/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction decoder, as far as it takes to tell code from data: where an
 * instruction of a program ends, and which of those it is that go by XCR0.
 *
 * It knows what compilers and writers of assembly make for programs.  What is
 * invalid, privileged, or hardly ever seen is no instruction to it.
 *
 * Source: SDM vol. 2 "Instruction Format", "Opcode Map".
 */
#ifndef SWSGX_CPU_DECODE_H
#define SWSGX_CPU_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15 /* bytes of the longest instruction */

/* Those that may be patched: cpu/patch.h. */
enum insn_kind {
	INSN_OTHER,
	INSN_XSAVE,
	INSN_XRSTOR,
	INSN_XSAVEOPT,
	INSN_XSAVEC,
	INSN_XGETBV,
	INSN_ENCLU, /* not by XCR0; without prefixes */
};

struct insn {
	uint8_t length;
	uint8_t kind;    /* enum insn_kind */
	uint8_t opcode;  /* offset of 0F, or of the only opcode byte */
	uint8_t modrm;   /* offset of ModRM; 0: none */
	uint8_t rex;     /* 0: none */
	uint8_t segment; /* its last prefix 64 or 65; 0: none */
	bool address32;
	bool ends; /* control does not go on behind it */
};

/* What stands at byte[0], of n bytes?  False: no instruction, or not all. */
bool insn_decode(struct insn *insn, const uint8_t *byte, size_t n);

#endif
