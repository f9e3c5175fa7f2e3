/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the victims ask of the test enclave.  A request lies in the program's
 * memory; the enclave reads and answers it in place.  The same operations are
 * open to an EENTER at CSSA 1, where OP_LOOK and what follows it are added.
 */
#ifndef SWSGX_TESTS_PROCESS_OPS_H
#define SWSGX_TESTS_PROCESS_OPS_H

#include "examples/lib/sgx_abi.h"

#define ENCLAVE_SECRETS 8
#ifndef ENCLAVE_TCS_COUNT
#define ENCLAVE_TCS_COUNT 8
#endif

enum enclave_op {
	OP_NOP,
	OP_MIX,		/* mix(value, flags); result in `value` */
	OP_READ,	/* value := byte at addr; MOV of 2 bytes */
	OP_WRITE,	/* byte at addr := value; MOV of 2 bytes */
	OP_EXECUTE,	/* call addr */
	OP_UD2,
	OP_DIVIDE,	/* #DE; 2 bytes */
	OP_X87,		/* unmasked x87 division by zero: #MF */
	OP_SSE,		/* unmasked SSE division by zero: #XM */
	OP_ALIGN,	/* misaligned access with RFLAGS.AC: #AC; 2 bytes */
	OP_INT3,
	OP_SYSCALL,	/* value := RAX after it, if it came back */
	OP_IN,
	OP_OUT,
	OP_CPUID,
	OP_RDTSC,	/* value := the time stamp; 2 bytes */
	OP_ENCLU_EENTER,/* EENTER inside an enclave: #GP */
	OP_TCS_READ,	/* this thread's own TCS as data */
	OP_TCS_WRITE,
	OP_EREPORT,	/* report for `target`, REPORTDATA from `data` */
	OP_EGETKEY,	/* `keyrequest`; value := error code, key in `data` */
	OP_SPIN,	/* started := 1, then wait until `flag` is not 0 */
	OP_STORE,	/* secret[count] := value */
	OP_LOAD,	/* value := secret[count] */
	OP_BASES,	/* fsbase, gsbase, value := trts_thread_index() */
	OP_ADDRESSES,	/* addr := secrets, count := a page of code */
	OP_EACCEPT,	/* page at addr, SECINFO.FLAGS flags; value := code */
	OP_EMODPE,	/* likewise */
	OP_FILL,	/* the page at addr := page_word()s of value */
	OP_COMPARE,	/* value := how many of its words are not so */
	OP_STACK,	/* the same on the stack, with `count` turns between */
	OP_POUND,	/* count up at addr, and in count, until flag */
	OP_LOOK,	/* frame, exinfo := the interrupted state; cssa */
	OP_EDIT,	/* frame.rip += value; frame.rcx := count if flags */
	OP_RETURN,	/* the interrupted function returns: a CALL is undone */
};

/* Word i of a page; of zeros, if value is 0. */
static inline uint64_t page_word(uint64_t value, unsigned i)
{
	return value * (i + 0x9e3779b97f4a7c15ull);
}

#define OP_DONE 0x5ec0de5ec0deull	/* `done` after every operation */

struct request {
	uint32_t op;		/* enum enclave_op */
	uint32_t flags;
	uint64_t addr, value, count;
	uint64_t done;
	volatile uint32_t flag, started;
	uint64_t fsbase, gsbase;
	uint32_t cssa;
	struct gprsgx frame;
	struct exinfo exinfo;
	struct targetinfo target;
	struct reportdata data;
	struct report report;
	struct keyrequest keyrequest;
};

#endif
