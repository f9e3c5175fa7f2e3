/* SPDX-License-Identifier: BSD-3-Clause */
/* Leaves of ENCLU in the bare enclave, each at a place of its own. */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_LEAVES_H
#define SWSGX_TESTS_PROCESS_FAULTS_LEAVES_H

/* Operands, from the base. */
#define LEAVES_TARGET  0xd000
#define LEAVES_DATA    0xd200
#define LEAVES_REPORT  0xd400
#define LEAVES_REQUEST 0xd800
#define LEAVES_KEY     0xda00
#define LEAVES_SECINFO 0xdc00
#define LEAVES_CHANGE  0xdc40
#define LEAVES_BAD     0xde00 /* a KEYREQUEST of no name */

/* struct leaves_regs */
#define LEAVES_GPRS   256
#define LEAVES_RFLAGS 384

/* CF, PF, AF, ZF, SF, DF, OF */
#define LEAVES_FLAGS 0xcd5

#ifndef __ASSEMBLER__
#include <stdint.h>

/* At the instruction, or behind it.  R8 is where this is, RSP left alone. */
struct leaves_regs {
	uint8_t xmm[16][16];
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags;
};

extern const char leaves_ereport[], leaves_egetkey[], leaves_bad[];
extern const char leaves_emodpe[], leaves_eaccept[];
extern const char leaves_at_ereport[], leaves_at_egetkey[], leaves_at_bad[];
extern const char leaves_at_emodpe[], leaves_at_eaccept[];
extern const char leaves_copy[];
#endif

#endif
