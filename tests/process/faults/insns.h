/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What insns.S and illegal_insns.c share: a row, and its outcomes.
 */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_INSNS_H
#define SWSGX_TESTS_PROCESS_FAULTS_INSNS_H

#define INSN_NAME 40 /* bytes of a row's name */

/* The vector, or: */
#define RUNS 0x100 /* no exception */
/* #UD, but one that swsgx cannot always have: docs/DEVIATIONS.md, DP20. */
#define UD_OR_RUNS 0x200
/* A host that has not the instruction raises #UD itself. */
#define RUNS_OR_UD 0x300
/* #UD; which instruction it was is lost (DP20). */
#define UD_LATE 0x400
/* #UD where the host can have it fault: docs/DEVIATIONS.md, DJ3. */
#define UD_OR_CPUID 0x500
/* No instruction: what the rows below it have in common. */
#define GROUP 0x600

#ifndef __ASSEMBLER__

#include <stdint.h>

struct insn_row {
	char name[INSN_NAME];
	uint32_t start, at, end; /* offsets from insns_base */
	uint32_t outcome;
};

extern const char insns_base[];
extern const struct insn_row insn_rows[], insn_rows_end[];

#endif
#endif
