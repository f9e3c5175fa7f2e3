/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stubs: code in this process's memory to which jumps in an enclave's code lead
 * (kernel/sgx/jump.c).
 */
#ifndef SWSGX_PROCESS_RT_LP_STUB_H
#define SWSGX_PROCESS_RT_LP_STUB_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/rt/base/abi.h"

struct patch_site;
struct sgx_encl;
struct thread;

/* This is stub() of struct host. */
uint64_t rt_stub(struct sgx_encl *encl, uint64_t xfrm, uint64_t addr,
		 const struct patch_site *site);

/*
 * If a signal interrupted the thread in a stub, set it back to the site, or to
 * after it.  True: the signal needs nothing else.
 */
bool rt_leave_stub(struct thread *t, int sig, const siginfo_t *info,
		   struct kucontext *uc);

/*
 * The ENCLU at addr in an enclave has just executed this leaf for t, by a trap.
 * Let it go without a trap from now on, if possible.
 */
void rt_stub_enclu(struct thread *t, uint64_t addr, uint32_t leaf);

/* The program maps or unmaps [start, start + len): end the stubs there. */
void rt_stubs_unmapped(uint64_t start, uint64_t len);
/* The last mapping of this enclave was removed: free its stubs. */
void rt_stubs_left(uint32_t encl);
/* A child of fork() is in its first handler. */
void rt_stubs_inherited(void);
/* The program has mapped the enclave. */
void rt_stubs_joined(struct sgx_encl *encl);

#endif
