/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS.  After Linux 6.1 sgx/ioctl.c
 * sgx_enclave_restrict_permissions().
 */
#include <asm/sgx.h>

#include "kernel/sgx/ioctl_sgx2.h"

static int restrict_locked(struct work *w, uint64_t permissions)
{
	if (w->page->type != PT_REG)
		return refuse(w->c->lp, -EINVAL,
			      "the page at %x is a %t, "
			      "only a PT_REG has permissions",
			      w->addr, w->page->type);
	sgx_journal_begin(w->c->encl, SGX_DOING_RESTRICT, w->pa);
	return sgx_leaf_result(w, sgx_emodpr(w, permissions));
}

static int check_restrict(const struct call *c,
			  struct sgx_enclave_restrict_permissions *arg)
{
	int ret = sgx_check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	if (arg->permissions & ~SGX_SECINFO_PERMISSION_MASK)
		return refuse(c->lp, -EINVAL,
			      "permissions %x are more than "
			      "rwx",
			      arg->permissions);
	if ((arg->permissions & SGX_SECINFO_W) &&
	    !(arg->permissions & SGX_SECINFO_R))
		return refuse(c->lp, -EINVAL, "permissions %p: W needs R",
			      arg->permissions);
	return sgx_check_outputs(c, arg->result, arg->count);
}

int sgx_ioc_enclave_restrict_permissions(const struct call *c)
{
	struct sgx_enclave_restrict_permissions arg;
	struct work w = { .c = c, .change = restrict_locked };
	int ret = check_restrict(c, &arg);

	if (ret)
		return ret;
	w.to = arg.permissions;
	ret = sgx_change_pages(&w, arg.offset, arg.length, sgx_change_page);
	arg.count = w.done;
	arg.result = w.result;
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}
