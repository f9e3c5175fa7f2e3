/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction that raised an exception: what it is, and what the processor
 * raises for it in enclave mode.
 */
#ifndef SWSGX_PROCESS_RT_LP_INSTRUCTION_H
#define SWSGX_PROCESS_RT_LP_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "process/rewrite.h"
#include "process/rt/base/abi.h"

struct lp;
struct thread;

/*
 * What stands at an address.  It is read once, because the page may be taken
 * away or given back at any moment.
 */
struct instruction {
	uint8_t byte[RT_INSN_MAX + 2];	/* zeros after what was read */
	unsigned int length;	/* what could be read: perhaps 0 */
	uint8_t before[2];	/* the bytes before it; zeros if not readable */
	uint64_t rip;
};

void rt_fetch(struct instruction *insn, uint64_t rip);
/* The same where t is in an enclave, and parked. */
void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip);

/* Was it an ENCLU that raised this?  Bytes of its prefixes, or -1. */
int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn);

/*
 * The vector that the processor raises in enclave mode where the host raised
 * this one.  The model's RIP is put where the enclave's would be.
 */
uint8_t rt_enclave_vector(struct lp *lp, const struct instruction *insn,
			  uint8_t vector);
/* How much of an INT1 that raised #DB inside is still before the thread. */
unsigned int rt_int1_left(const struct instruction *insn);
/* The host let a far transfer through: 64-bit mode again.  True if it did. */
bool rt_mend_segments(struct kucontext *uc);

/* int1.S: its answer is entry/trap.c's. */
bool rt_int1_stays(void);
extern const char rt_int1_at[], rt_int1_behind[];

#endif
