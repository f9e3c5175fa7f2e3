/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's page fault handler: it gives the page a PTE, and loads or adds
 * the page first if need be.  After Linux 6.1 sgx/encl.c sgx_vma_fault(),
 * sgx_encl_load_page_in_vma().
 */
#include <asm/errno.h>

#include "kernel/mm/pte.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

/* Waits for a page in one fault, before the thread may take its signals. */
#define MAX_WAITS 64

static bool may_augment(const struct sgx_mm *mm, const struct sgx_encl *encl,
			uint64_t address)
{
	return mm->shared->package.sgx2 &&
	       (sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED) &&
	       address - encl->base < encl->size;
}

/* encl->lock is held.  As sgx_encl_load_page(). */
static int fault_in(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t address)
{
	struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	struct sgx_encl_page *page;

	if (sgx_vma_fits(mm, vma, address, &page))
		return sgx_encl_load_page(mm, encl, sgx_encl_pa(encl, address));
	if (page || !may_augment(mm, encl, address))
		return -EFAULT;
	return sgx_encl_eaug_page(mm, encl, address);
}

struct faulting {
	const struct sgx_vma *vma;
	uint64_t address;
};

static int fault_locked(struct sgx_mm *mm, void *arg)
{
	const struct faulting *f = arg;
	const struct sgx_encl *encl = sgx_vma_encl(mm, f->vma);
	int ret = fault_in(mm, f->vma, f->address);

	if (!ret)
		sgx_page_mark_young(
			sgx_page_at(mm, sgx_encl_pa(encl, f->address)));
	return ret;
}

static int load_locked(struct sgx_mm *mm, void *arg)
{
	const struct faulting *f = arg;
	struct sgx_encl_page *page;

	if (!sgx_vma_fits(mm, f->vma, f->address, &page) ||
	    sgx_page_present(page))
		return 0;
	return sgx_encl_load_page(mm, sgx_vma_encl(mm, f->vma),
				  sgx_encl_pa(sgx_vma_encl(mm, f->vma),
					      f->address));
}

void sgx_load_ahead(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t start, uint64_t end)
{
	struct faulting f = { vma, start };

	for (; f.address < end; f.address += SGX_PAGE_SIZE)
		if (sgx_locked(mm, sgx_vma_encl(mm, vma), load_locked, &f))
			return;
}

/*
 * A thread that loses the race to add a page uses the winner's.  DEVIATION DK3:
 * Linux 6.1 gives it SIGBUS.
 */
enum vm_fault sgx_vma_fault(struct sgx_mm *mm, const struct sgx_vma *vma,
			    uint64_t address)
{
	struct sgx_encl *encl = sgx_vma_encl(mm, vma);
	struct faulting f = { vma, address & SGX_PAGE_MASK };
	uint64_t pa = sgx_encl_pa(encl, f.address);
	int ret;

	if (!sgx_encl_in_reach(mm, encl))
		return VM_FAULT_SIGBUS;
	for (int i = 0; i < MAX_WAITS; i++) {
		ret = sgx_locked(mm, encl, fault_locked, &f);
		if (ret != -EBUSY)
			return ret ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
		if (sgx_encl_wait(mm, encl, pa))
			return VM_FAULT_SIGBUS;
	}
	return VM_FAULT_RETRY;
}
