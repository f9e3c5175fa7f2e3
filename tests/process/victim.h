/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the victims share: building the test enclave, entering it with a
 * request, and looking at a signal that arrived while a thread was inside.
 */
#ifndef SWSGX_TESTS_PROCESS_VICTIM_H
#define SWSGX_TESTS_PROCESS_VICTIM_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "examples/lib/enclave.h"
#include "tests/process/ops.h"

/* The test enclave's file, which lies beside the program's. */
const char *victim_enclave_path(void);
/* The signer's key: from a file beside the program, or a new one. */
const struct enclave_key *victim_key(void);

/*
 * Build the test enclave; ends the program if that fails.  Its SSA frames
 * hold EXINFO, and AVX where the CPU has it.
 */
void victim_build(struct enclave *e);
/* Does this CPU have AVX2, so that mix() may be wide? */
uint32_t victim_wide(void);

/* A way to enter: by the vDSO, or by this program's own ENCLU. */
enum victim_way { BY_VDSO, BY_ENCLU };

/*
 * Carry out a request on TCS number `tcs`.  True if the enclave came back by
 * EEXIT with the request done; by the vDSO, false also after a fault.
 */
bool victim_call(const struct enclave *e, unsigned tcs, enum victim_way way,
		 struct request *request);
/* The same through the vDSO, with the whole outcome. */
struct enclave_exit victim_enter(const struct enclave *e, unsigned tcs,
				 struct request *request);

/* A signal as its handler saw it. */
struct seen {
	int count;
	int sig, code;
	uint64_t addr;
	uint64_t rip, rsp, rflags;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi;
	uint64_t high[8];	/* R8 to R15 */
	uint64_t trapno, err, cr2;
	uint16_t fcw, fsw;
	uint32_t mxcsr;
	bool xmm_zero;
	uint64_t here;		/* an address on the handler's stack */
};

/* Fill in *seen and count it.  Async-signal-safe. */
void seen_record(struct seen *seen, int sig, const siginfo_t *info,
		 const void *context);

/*
 * Check that what was seen is the state after an AEX from TCS address `tcs`
 * with AEP `aep`.  SDM "Asynchronous Enclave Exit", "Synthetic State".
 * Floating point state is checked apart: an exception may mark it.
 */
void seen_check_aex(const struct seen *seen, uint64_t tcs, uint64_t aep);
void seen_check_fpu(const struct seen *seen);

/* Install a handler with SA_SIGINFO | flags; fatal if that fails. */
void victim_handle(int sig, void (*handler)(int, siginfo_t *, void *),
		   int flags);

/*
 * RFLAGS.AC survives an AEX, and Linux starts a handler with it.  To be called
 * first: compiled code moves 16 bytes at addresses that are multiples of 8,
 * which with AC set is #AC on AMD's processors, not on Intel's.
 */
static inline void victim_clear_ac(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n"
			 "pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq\n"
			 "lea 128(%%rsp), %%rsp" ::: "cc", "memory");
}

/* Move a handler's return to where enclave_enter_raw() returns 1. */
void victim_abandon(void *context);

#endif
