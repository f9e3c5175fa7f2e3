/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instruction at which the host's processor has raised an exception.  What
 * it is to an enclave is in cpu/instruction.h and cpu/exception.h.
 */
#ifndef SWSGX_PROCESS_RT_LP_INSTRUCTION_H
#define SWSGX_PROCESS_RT_LP_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instruction.h"
#include "process/rt/base/abi.h"

struct thread;

/* Read what stands at an address. */
void rt_fetch(struct instruction *insn, uint64_t rip);
/*
 * The same where t is in an enclave, and parked: what the enclave has there,
 * where its code is patched.
 */
void rt_fetch_inside(struct thread *t, struct instruction *insn, uint64_t rip);
/*
 * It was executed, and cannot be read any more: its page was taken away since
 * (loss, reclaim), whether or not it is back now.  A page that may only be
 * executed cannot be read, so it tells nothing.
 */
bool rt_page_has_gone(const struct instruction *insn);

/* Was it an ENCLU that raised this?  Bytes of its prefixes, or -1. */
int rt_at_enclu(const struct kucontext *uc, const struct instruction *insn);

/* How much of an INT1 that raised #DB inside is still before the thread. */
unsigned int rt_int1_left(const struct instruction *insn);
/* The host let a far transfer through: 64-bit mode again.  True if it did. */
bool rt_mend_segments(struct kucontext *uc);

/* int1.S: its answer is entry/trap.c's. */
bool rt_int1_stays(void);
extern const char rt_int1_at[], rt_int1_behind[];

#endif
