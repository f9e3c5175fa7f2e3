/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGX_IOC_ENCLAVE_MODIFY_TYPES.  After Linux 6.1 sgx/ioctl.c
 * sgx_enclave_modify_types().
 */
#include <asm/sgx.h>
#include <linux/mman.h>

#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl_sgx2.h"

static int emodt(struct work *w, uint64_t type)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = type << SGX_SECINFO_PAGE_TYPE_SHIFT,
	};

	return __emodt(w->c->lp, &secinfo, epc_ptr(&w->c->mm->cpu, w->pa));
}

static bool transition_legal(const struct work *w, uint64_t type)
{
	return w->page->type == PT_REG ||
	       (w->page->type == PT_TCS && type == PT_TRIM);
}

/* The page must allow writes to become a TCS, and then allows no execution. */
static int modify_locked(struct work *w, uint64_t type)
{
	const unsigned rw = PROT_READ | PROT_WRITE;
	unsigned max = w->page->vm_max_prot;
	struct sgx_encl *encl = w->c->encl;
	int ret;

	if (!transition_legal(w, type))
		return refuse(w->c->lp, -EINVAL,
			      "the page at %x is a %t, "
			      "which cannot become a %t",
			      w->addr, w->page->type, type);
	if (type == PT_TCS && (max & rw) != rw)
		return refuse(w->c->lp, -EPERM,
			      "the page at %x was added "
			      "with %p, a TCS needs rw-",
			      w->addr, max);
	encl->journal.was = max;
	encl->journal.slot = (uint32_t)type;
	sgx_journal_begin(encl, SGX_DOING_EMODT, w->pa);
	if (type == PT_TCS)
		w->page->vm_max_prot = rw;
	ret = sgx_leaf_result(w, emodt(w, type));
	if (ret)
		w->page->vm_max_prot = (uint8_t)max;
	else
		w->page->type = (uint8_t)type;
	return ret;
}

static int check_modify(const struct call *c,
			struct sgx_enclave_modify_types *arg)
{
	int ret = sgx_check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	if (arg->page_type & ~0xffull)
		return refuse(c->lp, -EINVAL, "page_type %x is no page type",
			      arg->page_type);
	return sgx_check_outputs(c, arg->result, arg->count);
}

static int modify_pages(const struct call *c,
			struct sgx_enclave_modify_types *arg)
{
	struct work w = { .c = c,
			  .change = modify_locked,
			  .to = arg->page_type };
	int ret;

	if (arg->page_type != PT_TCS && arg->page_type != PT_TRIM)
		return refuse(c->lp, -EINVAL,
			      "page_type is %t, neither PT_TCS "
			      "nor PT_TRIM",
			      arg->page_type);
	ret = sgx_change_pages(&w, arg->offset, arg->length, sgx_change_page);
	arg->count = w.done;
	arg->result = w.result;
	return ret;
}

int sgx_ioc_enclave_modify_types(const struct call *c)
{
	struct sgx_enclave_modify_types arg;
	int ret = check_modify(c, &arg);

	if (ret)
		return ret;
	ret = modify_pages(c, &arg);
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}
