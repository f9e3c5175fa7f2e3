/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGX_IOC_ENCLAVE_REMOVE_PAGES.  After Linux 6.1 sgx/ioctl.c
 * sgx_encl_remove_pages().
 */
#include <asm/sgx.h>

#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl_sgx2.h"

/*
 * Has the enclave accepted that the page is removed?  EMODPR tells: it faults
 * on a page that is trimmed and no longer MODIFIED.
 */
static bool accepted(struct work *w)
{
	return encls_faulted_pf(sgx_emodpr(w, SGX_SECINFO_PERMISSION_MASK));
}

static int remove_locked(struct work *w, uint64_t unused)
{
	const struct call *c = w->c;
	int ret;

	(void)unused;
	if (w->page->type != PT_TRIM)
		return refuse(c->lp, -EPERM,
			      "the page at %x is a %t, not "
			      "PT_TRIM: MODIFY_TYPES is first",
			      w->addr, w->page->type);
	if (!accepted(w))
		return refuse(c->lp, -EPERM,
			      "the enclave has not accepted "
			      "(EACCEPT) that the page at %x goes",
			      w->addr);
	sgx_note_removed(c->encl, w->addr);
	sgx_journal_begin(c->encl, SGX_DOING_EREMOVE, w->pa);
	ret = __eremove(c->lp, epc_ptr(&c->mm->cpu, w->pa)) ? -EPERM : 0;
	if (ret)
		return ret;
	sgx_encl_erase_page(c->mm, c->encl, w->pa);
	sgx_free_epc_page(c->mm, c->encl);
	return 0;
}

/* No mapping has to change: the page lost all access when it was trimmed. */
static int remove_page(struct work *w)
{
	int ret = sgx_change_waiting(w);

	return ret == -EAGAIN ? -EBUSY : ret;
}

static int check_remove(const struct call *c,
			struct sgx_enclave_remove_pages *arg)
{
	int ret = sgx_check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	return sgx_check_outputs(c, 0, arg->count);
}

int sgx_ioc_enclave_remove_pages(const struct call *c)
{
	struct sgx_enclave_remove_pages arg;
	struct work w = { .c = c, .change = remove_locked };
	int ret = check_remove(c, &arg);

	if (ret)
		return ret;
	ret = sgx_change_pages(&w, arg.offset, arg.length, remove_page);
	arg.count = w.done;
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}
