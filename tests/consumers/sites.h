/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways in and out that consumers have of their own: where their ENCLU
 * stands, what its AEP is, where EEXIT goes.
 */
#ifndef SWSGX_TESTS_CONSUMERS_SITES_H
#define SWSGX_TESTS_CONSUMERS_SITES_H

#include <stdint.h>

/*
 * Intel's SampleCommonLoader: the ENCLU is its own AEP, so that after an AEX
 * it executes once more, now as ERESUME.  Returns after EEXIT.
 */
void sample_enter(uint64_t tcs, void *arg);

/*
 * Intel's uRTS without vDSO: an EENTER, an AEP with an ENCLU that is whatever
 * RAX says, and a place where a handler ends the call, with its reason in RSI.
 * Returns RDI of EEXIT after EEXIT, or RSI after urts_eretp.
 */
uint64_t urts_enter(uint64_t tcs, void *arg);
extern const char urts_eenterp[], urts_aep[], urts_eretp[];

/*
 * Gramine: all that it knows of the thread is at GS.  Its AEP counts and then
 * falls through to ERESUME, 10 bytes on; EEXIT of a system call goes to
 * gramine_ocall.  gramine_raise() is the entry from within signal handlers.
 * Both return RDI as it was at the EEXIT.
 */
struct gramine_tcb {
	uint64_t eenter, aex, eexit, tcs;
};
uint64_t gramine_ecall(void *arg);
uint64_t gramine_raise(void *arg);
extern const char gramine_aep[], gramine_eresume[], gramine_ocall[];

/* One system call, inline, and the address behind its instruction. */
long gramine_syscall(long number, long a, long b, long c, long d);
extern const char gramine_syscall_after[];

#endif
