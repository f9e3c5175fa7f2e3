/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ioctls of SGX1 (ioctl.c) and those of SGX2 (ioctl_sgx2.c) share. */
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
	return refuse(c->lp, -EFAULT, "%u bytes at %x cannot be read", n,
		      from);
}

static inline int put_user(const struct call *c, const void *from, size_t n)
{
	if (!c->mm->host->copy_to_user(c->arg, from, n))
		return 0;
	return refuse(c->lp, -EFAULT,
		      "the argument, %u bytes at %x, cannot be written", n,
		      c->arg);
}

/* [offset, offset + length) is whole pages of the enclave: 0 or -EINVAL. */
int sgx_validate_offset_length(const struct call *c, uint64_t offset,
			       uint64_t length);

/* ioctl_sgx2.c */
int sgx_ioc_enclave_restrict_permissions(const struct call *c);
int sgx_ioc_enclave_modify_types(const struct call *c);
int sgx_ioc_enclave_remove_pages(const struct call *c);

#endif
