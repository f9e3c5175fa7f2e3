/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bare enclave: no C inside, so that a test decides on every instruction
 * and every register.  A test's own assembly puts code into the section
 * bare_code; it is entered at any place of it, with the host's registers, and
 * ends with `jmp bare_leave`.  After an AEX the interrupted SSA frame can be
 * read and written, by the enclave's own code at CSSA 1.
 */
#ifndef SWSGX_TESTS_PROCESS_BARE_H
#define SWSGX_TESTS_PROCESS_BARE_H

#include "examples/lib/enclave.h"
#include "tests/process/bare_layout.h"
#include "tests/process/victim.h"

extern const char __start_bare_code[], __stop_bare_code[];
extern const char bare_entry[], bare_leave[];

/* EXITINFO */
#define EXITINFO_VALID	0x80000000u
#define EXITINFO_HW	(3u << 8)
#define EXITINFO_SW	(6u << 8)

/* What EXITINFO has after an exception, EXINFO selected; 0: not reported. */
uint32_t bare_exitinfo(uint8_t vector);

/* One SSA frame. */
struct bare_frame {
	uint8_t xsave[4096 - 184 - 16];
	struct exinfo exinfo;
	struct gprsgx gpr;
} __attribute__((aligned(4096)));

/* Build it; ends the program if that fails. */
void bare_build(struct enclave *e, const struct enclave_options *options);

/* Where a label of bare_code is inside. */
uint64_t bare_at(const struct enclave *e, const char *label);

/* How an entry ended. */
struct bare_outcome {
	bool left;		/* by EEXIT; else the rest holds */
	struct sgx_enclave_run run;	/* BY_VDSO */
	struct seen seen;		/* BY_ENCLU: the first signal */
};

/*
 * Take the signals that exceptions become.  Not needed for BY_VDSO, which
 * must not see any.
 */
void bare_handle_signals(void);

/*
 * EENTER at `label`, with RSI, RDX, R8, R9 from *regs (may be NULL); or, with
 * label NULL, ERESUME, the same way.  The host's stack is one of the TCS's own.
 */
void bare_enter(const struct enclave *e, unsigned tcs, enum victim_way way,
		const char *label, const struct enclave_regs *regs,
		struct bare_outcome *outcome);

/* Read or write SSA[0], by an entry at CSSA 1. */
void bare_look(const struct enclave *e, unsigned tcs, struct bare_frame *frame);
void bare_edit(const struct enclave *e, unsigned tcs,
	       const struct bare_frame *frame);

/*
 * The thread, entered this way, is interrupted: let it leave by ERESUME at
 * bare_leave.
 */
void bare_finish(const struct enclave *e, unsigned tcs, enum victim_way way);

/*
 * Check that the outcome is this exception, as the vDSO or the signal tells
 * it, and that EXITINFO agrees.  `addr`: of a #PF, else 0.
 */
void bare_check_exception(const struct enclave *e, unsigned tcs,
			  enum victim_way way,
			  const struct bare_outcome *outcome, uint8_t vector,
			  uint32_t error_code, uint64_t addr);

#endif
