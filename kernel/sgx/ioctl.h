/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ioctls share.  One of them is one file, ioctl_*.c. */
#ifndef SWSGX_KERNEL_SGX_IOCTL_H
#define SWSGX_KERNEL_SGX_IOCTL_H

#include <asm/errno.h>

#include "kernel/sgx/encl.h"

/* One ioctl on one enclave. */
struct call {
	struct sgx_mm *mm;
	struct sgx_encl *encl;
	struct lp *lp;
	uint64_t arg;
};

static inline int get_user(const struct call *c, void *to, uint64_t from,
			   size_t n)
{
	if (!c->mm->host->copy_from_user(to, from, n))
		return 0;
	return refuse(c->lp, -EFAULT, "%u bytes at %x cannot be read", n, from);
}

static inline int put_user(const struct call *c, const void *from, size_t n)
{
	if (!c->mm->host->copy_to_user(c->arg, from, n))
		return 0;
	return refuse(c->lp, -EFAULT,
		      "the argument, %u bytes at %x, cannot be written", n,
		      c->arg);
}

/* Reasons for ENOMEM. */
#define EPC_IS_FULL "the EPC, %u pages, is full of what cannot leave it"
#define NO_MEMORY   "this process gets no more memory"

/* The enclave's SECS, as ENCLS leaves take it. */
static inline void *sgx_ioctl_secs(const struct call *c)
{
	return epc_ptr(&c->mm->cpu, c->encl->secs_pa);
}

/* CREATE has been done, INIT has not: 0 or -EINVAL. */
int sgx_check_building(const struct call *c);
/* [offset, offset + length) is whole pages of the enclave: 0 or -EINVAL. */
int sgx_validate_offset_length(const struct call *c, uint64_t offset,
			       uint64_t length);
/* Version arrays for so many pages.  Waits for room if need be. */
int sgx_ioctl_grow(const struct call *c, uint64_t slots);

int sgx_ioc_enclave_create(const struct call *c);
int sgx_ioc_enclave_add_pages(const struct call *c);
int sgx_ioc_enclave_init(const struct call *c);
int sgx_ioc_enclave_restrict_permissions(const struct call *c);
int sgx_ioc_enclave_modify_types(const struct call *c);
int sgx_ioc_enclave_remove_pages(const struct call *c);

#endif
