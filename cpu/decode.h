/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small instruction decoder.  It tells code from data: it finds where an
 * instruction ends, and whether it is one of those that depend on XCR0.
 *
 * It knows the instructions that compilers and assembly programmers use.  It
 * rejects invalid, privileged and very rare ones.
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
	INSN_ENCLU, /* does not depend on XCR0; without prefixes */
};

struct insn {
	uint8_t length;
	uint8_t kind;    /* enum insn_kind */
	uint8_t opcode;  /* offset of 0F, or of the only opcode byte */
	uint8_t modrm;   /* offset of ModRM; 0: none */
	uint8_t rex;     /* 0: none */
	uint8_t segment; /* the last prefix 64 or 65; 0: none */
	bool address32;
	bool ends; /* execution never continues after it */
};

/*
 * Decode the instruction at byte[0], of n bytes.  False: there is none, or it
 * is cut off.
 */
bool insn_decode(struct insn *insn, const uint8_t *byte, size_t n);

#endif
