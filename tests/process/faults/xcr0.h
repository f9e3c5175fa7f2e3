/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes by XCR0, in the bare enclave.  For C and assembly. */
#ifndef SWSGX_TESTS_PROCESS_FAULTS_XCR0_H
#define SWSGX_TESTS_PROCESS_FAULTS_XCR0_H

/* What they find in RAX and RDX, whose lower halves are the mask. */
#define XCR0_RAX 0x11223344ffffffff
#define XCR0_RDX 0x55667788ffffffff
/* And their flags: CF, PF, AF, ZF, SF, DF, OF. */
#define XCR0_RFLAGS    0xcd5
#define XCR0_DATA_SIZE 256

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Behind it. */
struct xcr0_out {
	uint64_t rax, rdx, rsi, r9, rflags;
};

extern const char xcr0_xsave64[], xcr0_xsave[], xcr0_xsaveopt64[];
extern const char xcr0_xsavec64[], xcr0_xsavec[], xcr0_xsave_sib[];
extern const char xcr0_xsave_fs[], xcr0_xsave_astride[];
extern const char xcr0_xrstor64[], xcr0_xrstor[], xcr0_xrstor_disp[];
extern const char xcr0_xrstor_xsave[];
extern const char xcr0_xgetbv[], xcr0_copy[];
extern const char xcr0_at_xsave64[], xcr0_astride_end[];
/* Data among the code, in which the bytes of an XSAVE stand. */
extern const char xcr0_data[];
#endif

#endif
