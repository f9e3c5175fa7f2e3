/* SPDX-License-Identifier: BSD-3-Clause */
/* What a thread's script is made of.  False: the enclave has been lost. */
#ifndef SWSGX_TESTS_SIM_PAGES_H
#define SWSGX_TESTS_SIM_PAGES_H

#include "tests/sim/sim.h"

/* A request of EACCEPT: a regular page, and how it is. */
#define REG(flags) ((flags) | PT_REG << SGX_SECINFO_PAGE_TYPE_SHIFT)

bool enclave_is_lost(unsigned int e);
bool enclave_enter(struct task *k, unsigned int e);
bool enclave_leave(struct task *k, unsigned int e);
/* One word of a page; PROT_READ, _WRITE or _EXEC. */
bool page_use(struct task *k, unsigned int e, unsigned int page,
	      unsigned int word, int prot);
bool page_use_some(struct task *k, unsigned int e);
/* Inside: add a page, restrict or trim one. */
bool enclave_edmm(struct task *k, unsigned int e);
/* Outside, by whoever has the descriptor. */
bool page_restrict(struct task *k, unsigned int e, unsigned int page);
bool page_trim(struct task *k, unsigned int e, unsigned int page);

/* An ioctl that must succeed, in the end: again while it says EBUSY, EAGAIN. */
bool enclave_ioctl(struct task *k, unsigned int e, uint32_t cmd,
		   const char *what, void *arg);

#endif
