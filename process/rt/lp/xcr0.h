/* SPDX-License-Identifier: BSD-3-Clause */
/* Instructions that go by XCR0, in an enclave whose XFRM is less. */
#ifndef SWSGX_PROCESS_RT_LP_XCR0_H
#define SWSGX_PROCESS_RT_LP_XCR0_H

#include <stdint.h>

#include "process/rt/base/abi.h"

struct instruction;
struct thread;

enum rt_xcr0 {
	RT_XCR0_NONE, /* it is the enclave's own */
	RT_XCR0_DONE,
	RT_XCR0_FAULTS, /* as the context says now */
	RT_XCR0_ENCLU,  /* it is one, at RIP */
};

/*
 * An INT3 before RIP, in an enclave.  If it is one of ours, what it stands for
 * has been made, or is made when the handler returns.
 */
enum rt_xcr0 rt_xcr0_site(struct thread *t, struct kucontext *uc);
/* A signal found the thread at it: shows the enclave's RIP and registers. */
void rt_leave_xsave(struct thread *t, struct kucontext *uc);

/* struct host's `patched`: what was patched in a page of an enclave. */
void rt_patched(uint64_t addr, unsigned int sites, unsigned int jumps,
		unsigned int unsure);

#endif
