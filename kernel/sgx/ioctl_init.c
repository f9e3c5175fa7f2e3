/* SPDX-License-Identifier: BSD-3-Clause */
/* SGX_IOC_ENCLAVE_INIT.  After Linux 6.1 sgx/ioctl.c sgx_encl_init(). */
#include <asm/sgx.h>

#include "cpu/crypto/sha256.h"
#include "cpu/mem.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl.h"

/* What the SIGSTRUCT asks for must be something this processor has. */
static int check_sigstruct(const struct call *c,
			   const struct sgx_sigstruct *sig)
{
	const struct package *package = &c->mm->shared->package;
	uint64_t attributes = sig->attributes & sig->attributemask;
	uint64_t xfrm = sig->xfrm & sig->xfrmmask;

	if (c->encl->attributes & ~c->encl->attributes_mask)
		return refuse(c->lp, -EACCES,
			      "ATTRIBUTES are %x, allowed are "
			      "%x (PROVISIONKEY, 0x10, by the ioctl PROVISION)",
			      c->encl->attributes, c->encl->attributes_mask);
	if (attributes & ~package->attributes)
		return refuse(c->lp, -EINVAL,
			      "SIGSTRUCT asks for ATTRIBUTES "
			      "%x, this platform has %x (bits %x are missing)",
			      attributes, package->attributes,
			      attributes & ~package->attributes);
	if (sig->miscselect & sig->miscmask & ~package->miscselect)
		return refuse(c->lp, -EINVAL,
			      "SIGSTRUCT asks for MISCSELECT "
			      "%x, this platform has %x",
			      sig->miscselect & sig->miscmask,
			      package->miscselect);
	if (xfrm & ~package->xfrm)
		return refuse(c->lp, -EINVAL,
			      "SIGSTRUCT asks for XFRM %x, "
			      "this platform has %x (bits %x are missing)",
			      xfrm, package->xfrm, xfrm & ~package->xfrm);
	return 0;
}

/*
 * The kernel has launch control, and launches every enclave: it sets the MSRs
 * to the signer.
 */
static void sgx_update_lepubkeyhash(struct lp *lp,
				    const struct sgx_sigstruct *sig)
{
	struct sha256 sha256;

	sha256_begin(&sha256);
	sha256_add(&sha256, sig->modulus, sizeof(sig->modulus));
	sha256_end(&sha256, (uint8_t *)lp->sgxlepubkeyhash);
}

static int sgx_encl_init(const struct call *c, struct sgx_sigstruct *sig,
			 struct sgx_einittoken *token)
{
	int ret = check_sigstruct(c, sig);

	if (ret)
		return ret;
	sgx_update_lepubkeyhash(c->lp, sig);
	ret = __einit(c->lp, sig, token, sgx_ioctl_secs(c));
	if (encls_faulted(ret))
		return -EIO;
	if (ret)
		return -EPERM;
	__atomic_fetch_or(&c->encl->flags, SGX_ENCL_INITIALIZED,
			  __ATOMIC_RELEASE);
	return 0;
}

int sgx_ioc_enclave_init(const struct call *c)
{
	struct sgx_enclave_init arg;
	uint8_t *page;
	int ret;

	ret = sgx_check_building(c);
	if (ret)
		return ret;
	if (get_user(c, &arg, c->arg, sizeof(arg)))
		return -EFAULT;
	page = c->mm->host->alloc_pages(SGX_PAGE_SIZE);
	if (!page)
		return refuse(c->lp, -ENOMEM, NO_MEMORY);
	/* SIGSTRUCT is page aligned, the token 512 bytes; one page has both. */
	memset(page, 0, SGX_PAGE_SIZE);
	ret = get_user(c, page, arg.sigstruct, sizeof(struct sgx_sigstruct));
	if (!ret) {
		struct sgx_sigstruct *sig = (void *)page;

		if (sig->vendor && sig->vendor != SIGSTRUCT_VENDOR_INTEL)
			ret = refuse(c->lp, -EINVAL,
				     "SIGSTRUCT.VENDOR is %x, "
				     "neither 0 nor 0x8086",
				     sig->vendor);
		else
			ret = sgx_encl_init(c, sig,
					    (void *)(page + SGX_PAGE_SIZE / 2));
	}
	c->mm->host->free_pages(page, SGX_PAGE_SIZE);
	return ret;
}
