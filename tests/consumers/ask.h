/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the consumers' tests ask of their enclave (enclave.c).  An `ask` lies
 * in the program's memory; the enclave reads and answers it in place.
 */
#ifndef SWSGX_TESTS_CONSUMERS_ASK_H
#define SWSGX_TESTS_CONSUMERS_ASK_H

#include "examples/lib/sgx_abi.h"

enum ask_op {
	ASK_NOTHING,
	ASK_READ,   /* value := byte at addr */
	ASK_WRITE,  /* byte at addr := value */
	ASK_SPIN,   /* started := 1, then wait until flag is not 0 */
	ASK_PING,   /* count times: wait for flag 1, make it 2 */
	ASK_FS,     /* WRFSBASE to value and back; fsbase, gsbase in it */
	ASK_XSTATE, /* XSAVE, XRSTOR, mask of all ones; value: good? */
	/*
	 * The same around a call out: XSAVEC (addr 0) or XSAVE (1) into
	 * `count` bytes.  value: bytes changed behind them; addr: XCOMP_BV.
	 */
	ASK_SAVE,
	ASK_HOST_STACK, /* ursp, urbp, read back from the own SSA frame */
	ASK_LEAVE,      /* EEXIT to addr, with the host's RSP and RBP */
	ASK_FAULT,      /* the instruction `fault`; ASK_SKIP goes past it */
	ASK_ACCEPT,     /* EACCEPT of count pages from addr, SECINFO value;
			 * value := the first error code */
	ASK_EXTEND,     /* EMODPE of the page at addr, SECINFO value */
	ASK_CALL,       /* call addr */
	ASK_REPORT,     /* EREPORT for a TARGETINFO of zeros */
	ASK_KEY,        /* `keyrequest`; value := error code, key */
	ASK_THREAD,     /* value := the thread's number */
	/* At CSSA 1: */
	ASK_LOOK,     /* frame, exinfo, cssa: the state as ERESUME has it */
	ASK_SKIP,     /* the same, and go past what ASK_FAULT did */
	ASK_EDIT_RCX, /* frame.rcx := value */
};

/* Each faults in an enclave. */
enum fault {
	FAULT_UD2,
	FAULT_SYSCALL,
	FAULT_CPUID,
	FAULT_IN,
	FAULT_OUT,
	FAULT_INSB,
	FAULT_OUTSB,
	FAULT_DIVIDE,    /* #DE */
	FAULT_X87,       /* #MF */
	FAULT_SSE,       /* #XM */
	FAULT_ALIGN,     /* #AC */
	FAULT_CANONICAL, /* #GP */
	FAULT_PAGE,      /* #PF: a read of ask.addr */
};

#define ASK_DONE 0xa5cd0ca5cd0ull /* `done` after every ask */

struct ask {
	uint32_t op, fault;
	uint64_t addr, count, value;
	uint64_t done;
	volatile uint32_t started, flag;
	uint64_t fsbase, gsbase, ursp, urbp;
	uint32_t cssa;
	struct gprsgx frame;
	struct exinfo exinfo;
	struct report report;
	struct keyrequest keyrequest;
	uint8_t key[16];
};

#endif
