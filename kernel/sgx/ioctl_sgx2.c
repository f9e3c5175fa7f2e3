/* SPDX-License-Identifier: BSD-3-Clause */
/* See ioctl_sgx2.h.  After Linux 6.1 sgx/ioctl.c. */
#include "kernel/sgx/ioctl_sgx2.h"

#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"

/* Waits for one page, before the program is told to come again. */
#define MAX_WAITS 4096

int sgx_check_ready(const struct call *c)
{
	if (!c->mm->shared->package.sgx2)
		return refuse(c->lp, -ENODEV, "this processor has no SGX2");
	if (!(sgx_encl_flags(c->encl) & SGX_ENCL_INITIALIZED))
		return refuse(c->lp, -EINVAL, "there was no INIT yet");
	return 0;
}

int sgx_check_outputs(const struct call *c, uint64_t result, uint64_t count)
{
	if (result || count)
		return refuse(c->lp, -EINVAL,
			      "result %x and count %x are not "
			      "0",
			      result, count);
	return 0;
}

/* -EBUSY: the page is not resident yet. */
static int change_locked(struct sgx_mm *mm, void *arg)
{
	struct work *w = arg;
	int ret;

	w->page = sgx_encl_find_page(mm, w->c->encl, w->addr, &w->pa);
	if (!w->page)
		return refuse(w->c->lp, -EFAULT,
			      "the enclave has no page at "
			      "%x",
			      w->addr);
	ret = sgx_encl_load_page(mm, w->c->encl, w->pa);
	if (!ret)
		return w->change(w, w->to);
	if (ret != -EBUSY)
		because(w->c->lp,
			"the page at %x cannot be loaded: the EPC "
			"was lost",
			w->addr);
	return ret;
}

/*
 * DEVIATION DK15: this waits where Linux gives EAGAIN at once, because the page
 * is leaving the EPC or the EPC is full.  EAGAIN comes if that does not end.
 */
int sgx_change_waiting(struct work *w)
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
			return refuse(c->lp, -EFAULT,
				      "the page at %x cannot "
				      "be loaded: the EPC is full",
				      w->addr);
	}
	return refuse(c->lp, -EAGAIN,
		      "the page at %x is on its way out of the "
		      "EPC",
		      w->addr);
}

/* The change is in force before the next page is changed. */
static int changed(struct work *w)
{
	sgx_encl_narrow(w->c->mm, w->c->encl, w->addr, w->addr + SGX_PAGE_SIZE);
	if (sgx_enclave_etrack(w->c->mm, w->c->encl))
		return refuse(w->c->lp, -EFAULT,
			      "ETRACK: threads that were in "
			      "the enclave before the page at %x changed do "
			      "not leave it",
			      w->addr);
	return 0;
}

int sgx_change_page(struct work *w)
{
	int ret = sgx_change_waiting(w);

	return ret ? ret : changed(w);
}

int sgx_change_pages(struct work *w, uint64_t offset, uint64_t length,
		     int (*one)(struct work *w))
{
	int ret = 0;

	for (w->done = 0; w->done < length; w->done += SGX_PAGE_SIZE) {
		w->addr = w->c->encl->base + offset + w->done;
		ret = one(w);
		if (ret)
			break;
	}
	return ret;
}

int sgx_leaf_result(struct work *w, int ret)
{
	if (ret && !encls_faulted(ret))
		w->result = (uint64_t)ret;
	return ret ? -EFAULT : 0;
}

int sgx_emodpr(struct work *w, uint64_t permissions)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = {
		.flags = permissions,
	};

	return __emodpr(w->c->lp, &secinfo, epc_ptr(&w->c->mm->cpu, w->pa));
}
