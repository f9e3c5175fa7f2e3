/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An instruction that accesses enclave memory from outside, taken apart by the
 * server, which has the decoder, for the runtime, which has the registers.
 * Source: SDM vol. 2 "Instruction Format".
 */
#ifndef SWSGX_PROCESS_REWRITE_H
#define SWSGX_PROCESS_REWRITE_H

#include <stdint.h>

#include "cpu/decode.h"

/* Registers are named as in ModRM with REX: 0 = RAX .. 15 = R15. */
#define RT_REG_RIP  16 /* of the next instruction */
#define RT_REG_NONE 255

enum rt_rewrite_kind {
	/* It can't be had: branches, gathers, tiles and the like. */
	RT_REWRITE_NONE,
	/*
	 * `insn` does the same as the original, but that its memory operand is
	 * where the register `scratch` points, which it does not use
	 * otherwise.  The original's operand is at segment base +
	 * base + index * scale + disp, `bytes` long; 0: not known.
	 */
	RT_REWRITE_OPERAND,
	/* String instructions: `op`, elements of `bytes`. */
	RT_REWRITE_STRING,
};

enum rt_string { RT_MOVS, RT_STOS, RT_LODS, RT_CMPS, RT_SCAS };
enum rt_rep { RT_REP_NONE, RT_REP, RT_REPE, RT_REPNE };
enum rt_segment { RT_SEGMENT_FLAT, RT_SEGMENT_FS, RT_SEGMENT_GS };

struct rt_rewrite {
	uint8_t kind;           /* enum rt_rewrite_kind */
	uint8_t length;         /* asked: of insn; answer: the original's */
	uint8_t insn[INSN_MAX]; /* asked: the original */
	uint8_t new_length;
	uint8_t scratch;
	uint8_t base, index, scale;
	uint8_t segment;   /* enum rt_segment, of the (first) operand */
	uint8_t address32; /* addresses have 32 bits */
	uint8_t op;        /* enum rt_string */
	uint8_t rep;       /* enum rt_rep */
	uint32_t bytes;
	int64_t disp;
};

#endif
