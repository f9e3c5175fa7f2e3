/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * places.S: code and data in .text that have the bytes of CPUID (0F A2), some
 * as the instruction, some not.
 */
#ifndef SWSGX_TESTS_PROCESS_CPUID_PLACES_H
#define SWSGX_TESTS_PROCESS_CPUID_PLACES_H

#include <stdint.h>

struct regs {
	uint64_t rax, rbx, rcx, rdx;
};

/* Execute CPUID on all of *r: plainly; with a REX prefix; behind a jump. */
void place_plain(struct regs *r);
void place_prefixed(struct regs *r);
void place_in_loop(struct regs *r);

/* No instructions; what they return says whether anybody changed them. */
#define PLACE_IMMEDIATE   0x11a20f22u
#define PLACE_BEHIND_JUMP 0x9090a20fu
uint32_t place_immediate(void);
uint32_t place_behind_jump(void);

/* Data after the functions, not covered by any. */
extern const uint8_t place_data[], place_data_end[];
#define PLACE_DATA_SUM (0x0fu + 0xa2 + 0xc3 + 0x0f + 0xa2 + 0x0f + 0xa2 + 0x90)

#endif
