/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_CREATE.  After Linux 6.1 sgx/ioctl.c sgx_encl_create(). */
#include <asm/sgx.h>

#include "cpu/secs.h"
#include "kernel/mm/pte.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl.h"

/* What INIT allows by itself.  DEVIATION DK11: AEXNOTIFY, as since 6.2. */
#define UNPRIVILEGED_ATTRIBUTES \
	(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT | SGX_ATTR_KSS | \
	 SGX_ATTR_AEXNOTIFY)

static int ecreate(const struct call *c, struct sgx_secs *secs)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = { 0 };
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.srcpge = (uintptr_t)secs,
		.secinfo = (uintptr_t)&secinfo,
	};

	return __ecreate(c->lp, &pginfo, sgx_ioctl_secs(c)) ? -EIO : 0;
}

/* Room for the enclave.  0 if it is so large that ECREATE will refuse it. */
static uint64_t elrange_size(const struct call *c, const struct sgx_secs *secs)
{
	const struct package *package = &c->mm->shared->package;
	unsigned log2 = secs->attributes & SGX_ATTR_MODE64BIT ?
				package->size_log2_64 :
				package->size_log2_not64;

	return secs->size >> log2 ? 0 : secs->size;
}

/* Linux makes a backing file of this size and a bit more for PCMD. */
static bool backing_too_large(uint64_t size)
{
	uint64_t len = size + SGX_PAGE_SIZE;

	return len + (len >> 5) > INT64_MAX;
}

/* The SECS page is charged. */
static int create_at(const struct call *c, struct sgx_secs *secs)
{
	int ret = sgx_epc_reserve(c->mm, c->encl, elrange_size(c, secs));

	if (ret)
		return refuse(c->lp, ret,
			      "of the EPC's address space, as far "
			      "as this process could map it (%x bytes), too "
			      "little is free for an ELRANGE of %x bytes",
			      c->mm->reach, secs->size);
	/* There may have been a page that was written out. */
	sgx_page_at(c->mm, c->encl->secs_pa)->flags = 0;
	ret = sgx_ioctl_grow(c, 1);
	if (!ret)
		ret = ecreate(c, secs);
	if (ret) {
		sgx_encl_free_va(c->mm, c->encl);
		sgx_epc_release(c->mm, c->encl);
	}
	return ret;
}

static void created(const struct call *c, const struct sgx_secs *secs)
{
	struct sgx_encl *encl = c->encl;
	uint32_t flags = SGX_ENCL_CREATED;

	if (secs->attributes & SGX_ATTR_DEBUG)
		flags |= SGX_ENCL_DEBUG;
	encl->base = secs->baseaddr;
	encl->attributes = secs->attributes;
	encl->patch = patch_wanted(&c->mm->shared->package, secs->xfrm);
	encl->nr_jumps = encl->no_jumps = 0;
	encl->removed = (struct sgx_range){ 0, 0 };
	encl->attributes_mask = UNPRIVILEGED_ATTRIBUTES;
	encl->eid = secs_hidden_at(&c->mm->cpu, encl->secs_pa)->eid;
	__atomic_fetch_or(&encl->flags, flags, __ATOMIC_RELEASE);
}

static int sgx_encl_create(const struct call *c, struct sgx_secs *secs)
{
	int ret;

	if (!secs->size || (secs->size & (secs->size - 1)))
		return refuse(c->lp, -EINVAL, "SECS.SIZE %x is no power of two",
			      secs->size);
	ret = sgx_alloc_epc_page(c->mm, c->encl);
	if (ret)
		return refuse(c->lp, ret, EPC_IS_FULL,
			      c->mm->shared->epc_total_pages);
	if (backing_too_large(secs->size))
		ret = refuse(c->lp, -EINVAL,
			     "no file is large enough to back "
			     "SECS.SIZE %x",
			     secs->size);
	else
		ret = create_at(c, secs);
	if (ret) {
		sgx_free_epc_page(c->mm, c->encl);
		return ret;
	}
	created(c, secs);
	sgx_map_created(c->mm, c->encl);
	return 0;
}

int sgx_ioc_enclave_create(const struct call *c)
{
	struct sgx_enclave_create create;
	struct sgx_secs *secs;
	int ret;

	if (sgx_encl_flags(c->encl) & SGX_ENCL_CREATED)
		return refuse(c->lp, -EINVAL, "the enclave is created already");
	if (get_user(c, &create, c->arg, sizeof(create)))
		return -EFAULT;
	secs = c->mm->host->alloc_pages(SGX_PAGE_SIZE);
	if (!secs)
		return refuse(c->lp, -ENOMEM, NO_MEMORY);
	ret = get_user(c, secs, create.src, sizeof(*secs));
	if (!ret)
		ret = sgx_encl_create(c, secs);
	c->mm->host->free_pages(secs, SGX_PAGE_SIZE);
	return ret;
}
