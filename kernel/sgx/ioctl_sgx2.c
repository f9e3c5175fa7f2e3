/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ioctls that change an enclave which runs already.  Page by page; how many
 * were done is told whether the last one failed or not.
 * After Linux 6.1 sgx/ioctl.c sgx_enclave_restrict_permissions(),
 * sgx_enclave_modify_types(), sgx_encl_remove_pages().
 */
#include <asm/sgx.h>
#include <linux/mman.h>

#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl.h"

/* Waits for one page, before the program is told to come again. */
#define MAX_WAITS	4096

/* One page that is worked on, resident, while encl->lock is held. */
struct work {
	const struct call *c;
	int (*change)(struct work *w, uint64_t to);
	uint64_t to;
	struct sgx_encl_page *page;
	uint64_t addr, pa;
	uint64_t result;	/* SGX code of a leaf that did not fault */
};

static int check_ready(const struct call *c)
{
	if (!c->mm->shared->package.sgx2)
		return refuse(c->lp, -ENODEV, "this processor has no SGX2");
	if (!(sgx_encl_flags(c->encl) & SGX_ENCL_INITIALIZED))
		return refuse(c->lp, -EINVAL, "there was no INIT yet");
	return 0;
}

static int check_outputs(const struct call *c, uint64_t result, uint64_t count)
{
	if (result || count)
		return refuse(c->lp, -EINVAL, "result %x and count %x are not "
			      "0", result, count);
	return 0;
}

/* -EBUSY: the page is not there yet. */
static int change_locked(struct sgx_mm *mm, void *arg)
{
	struct work *w = arg;
	int ret;

	w->page = sgx_encl_find_page(mm, w->c->encl, w->addr, &w->pa);
	if (!w->page)
		return refuse(w->c->lp, -EFAULT, "the enclave has no page at "
			      "%x", w->addr);
	ret = sgx_encl_load_page(mm, w->c->encl, w->pa);
	if (ret == -EFAULT)
		because(w->c->lp, "the page at %x cannot be loaded: the EPC "
			"was lost", w->addr);
	return ret ? ret : w->change(w, w->to);
}

/*
 * DEVIATION DK15: waits where Linux gives EAGAIN at once, because a page is on
 * its way out or the EPC is full.  EAGAIN comes if that does not end.
 */
static int change_waiting(struct work *w)
{
	const struct call *c = w->c;
	int ret;

	for (int i = 0; i < MAX_WAITS; i++) {
		ret = sgx_locked(c->mm, c->encl, change_locked, w);
		if (ret != -EBUSY)
			return ret;
		if (c->mm->host->signal_pending())
			break;
		if (sgx_encl_wait(c->mm, c->encl, w->pa))
			return refuse(c->lp, -EFAULT, "the page at %x cannot "
				      "be loaded: the EPC is full", w->addr);
	}
	return refuse(c->lp, -EAGAIN, "the page at %x is on its way out of the "
		      "EPC", w->addr);
}

/* What the leaf changed is in force before the next page's turn. */
static int changed(struct work *w)
{
	sgx_encl_narrow(w->c->mm, w->c->encl, w->addr,
			w->addr + SGX_PAGE_SIZE);
	if (sgx_enclave_etrack(w->c->mm, w->c->encl))
		return refuse(w->c->lp, -EFAULT, "ETRACK: threads that were in "
			      "the enclave before the page at %x changed do "
			      "not leave it", w->addr);
	return 0;
}

static int change_page(struct work *w)
{
	int ret = change_waiting(w);

	return ret ? ret : changed(w);
}

static int leaf_result(struct work *w, int ret)
{
	if (ret && !encls_faulted(ret))
		w->result = ret;
	return ret ? -EFAULT : 0;
}

static int emodpr(struct work *w, uint64_t permissions)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = permissions,
	};

	return __emodpr(w->c->lp, &secinfo, epc_ptr(&w->c->mm->cpu, w->pa));
}

static int emodt(struct work *w, uint64_t type)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = type << SGX_SECINFO_PAGE_TYPE_SHIFT,
	};

	return __emodt(w->c->lp, &secinfo, epc_ptr(&w->c->mm->cpu, w->pa));
}

/* RESTRICT_PERMISSIONS ----------------------------------------------- */

static int restrict_locked(struct work *w, uint64_t permissions)
{
	if (w->page->type != PT_REG)
		return refuse(w->c->lp, -EINVAL, "the page at %x is a %t, "
			      "only a PT_REG has permissions", w->addr,
			      w->page->type);
	sgx_journal_begin(w->c->encl, SGX_DOING_RESTRICT, w->pa);
	return leaf_result(w, emodpr(w, permissions));
}

static int check_restrict(const struct call *c,
			  struct sgx_enclave_restrict_permissions *arg)
{
	int ret = check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	if (arg->permissions & ~SGX_SECINFO_PERMISSION_MASK)
		return refuse(c->lp, -EINVAL, "permissions %x are more than "
			      "rwx", arg->permissions);
	if ((arg->permissions & SGX_SECINFO_W) &&
	    !(arg->permissions & SGX_SECINFO_R))
		return refuse(c->lp, -EINVAL, "permissions %p: W needs R",
			      arg->permissions);
	return check_outputs(c, arg->result, arg->count);
}

int sgx_ioc_enclave_restrict_permissions(const struct call *c)
{
	struct sgx_enclave_restrict_permissions arg;
	struct work w = { .c = c, .change = restrict_locked };
	int ret = check_restrict(c, &arg);

	if (ret)
		return ret;
	w.to = arg.permissions;
	while (arg.count < arg.length) {
		w.addr = c->encl->base + arg.offset + arg.count;
		ret = change_page(&w);
		if (ret)
			break;
		arg.count += SGX_PAGE_SIZE;
	}
	arg.result = w.result;
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}

/* MODIFY_TYPES ------------------------------------------------------- */

static bool transition_legal(const struct work *w, uint64_t type)
{
	return w->page->type == PT_REG ||
	       (w->page->type == PT_TCS && type == PT_TRIM);
}

/* A TCS needs a mapping that can be written, and none that can be executed. */
static int modify_locked(struct work *w, uint64_t type)
{
	const unsigned rw = PROT_READ | PROT_WRITE;
	unsigned max = w->page->vm_max_prot;
	struct sgx_encl *encl = w->c->encl;
	int ret;

	if (!transition_legal(w, type))
		return refuse(w->c->lp, -EINVAL, "the page at %x is a %t, "
			      "which cannot become a %t", w->addr,
			      w->page->type, type);
	if (type == PT_TCS && (max & rw) != rw)
		return refuse(w->c->lp, -EPERM, "the page at %x was added "
			      "with %p, a TCS needs rw-", w->addr, max);
	encl->journal.was = max;
	encl->journal.slot = (uint32_t)type;
	sgx_journal_begin(encl, SGX_DOING_EMODT, w->pa);
	if (type == PT_TCS)
		w->page->vm_max_prot = rw;
	ret = leaf_result(w, emodt(w, type));
	if (ret)
		w->page->vm_max_prot = max;
	else
		w->page->type = (uint8_t)type;
	return ret;
}

static int check_modify(const struct call *c,
			struct sgx_enclave_modify_types *arg)
{
	int ret = check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	if (arg->page_type & ~0xffull)
		return refuse(c->lp, -EINVAL, "page_type %x is no page type",
			      arg->page_type);
	return check_outputs(c, arg->result, arg->count);
}

static int modify_pages(const struct call *c,
			struct sgx_enclave_modify_types *arg)
{
	struct work w = { .c = c,
			  .change = modify_locked,
			  .to = arg->page_type };
	int ret = 0;

	if (arg->page_type != PT_TCS && arg->page_type != PT_TRIM)
		return refuse(c->lp, -EINVAL, "page_type is %t, neither PT_TCS "
			      "nor PT_TRIM", arg->page_type);
	while (arg->count < arg->length) {
		w.addr = c->encl->base + arg->offset + arg->count;
		ret = change_page(&w);
		if (ret)
			break;
		arg->count += SGX_PAGE_SIZE;
	}
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

/* REMOVE_PAGES ------------------------------------------------------- */

/*
 * Has the enclave accepted that the page goes?  EMODPR tells: of a page that is
 * trimmed and not modified any more it only faults.
 */
static bool accepted(struct work *w)
{
	return encls_faulted_pf(emodpr(w, SGX_SECINFO_PERMISSION_MASK));
}

static int remove_locked(struct work *w, uint64_t unused)
{
	const struct call *c = w->c;
	int ret;

	(void)unused;
	if (w->page->type != PT_TRIM)
		return refuse(c->lp, -EPERM, "the page at %x is a %t, not "
			      "PT_TRIM: MODIFY_TYPES is first", w->addr,
			      w->page->type);
	if (!accepted(w))
		return refuse(c->lp, -EPERM, "the enclave has not accepted "
			      "(EACCEPT) that the page at %x goes", w->addr);
	sgx_journal_begin(c->encl, SGX_DOING_EREMOVE, w->pa);
	ret = __eremove(c->lp, epc_ptr(&c->mm->cpu, w->pa)) ? -EPERM : 0;
	if (ret)
		return ret;
	sgx_encl_erase_page(c->mm, c->encl, w->pa);
	sgx_free_epc_page(c->mm, c->encl);
	return 0;
}

/* Nobody maps it: that it was trimmed has taken all access. */
static int remove_page(struct work *w)
{
	int ret = change_waiting(w);

	return ret == -EAGAIN ? -EBUSY : ret;
}

static int check_remove(const struct call *c,
			struct sgx_enclave_remove_pages *arg)
{
	int ret = check_ready(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	return check_outputs(c, 0, arg->count);
}

int sgx_ioc_enclave_remove_pages(const struct call *c)
{
	struct sgx_enclave_remove_pages arg;
	struct work w = { .c = c, .change = remove_locked };
	int ret = check_remove(c, &arg);

	if (ret)
		return ret;
	while (arg.count < arg.length) {
		w.addr = c->encl->base + arg.offset + arg.count;
		ret = remove_page(&w);
		if (ret)
			break;
		arg.count += SGX_PAGE_SIZE;
	}
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}
