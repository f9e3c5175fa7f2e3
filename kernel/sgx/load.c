/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that come when they are needed: they are loaded from the backing store,
 * or added where there was none.  After Linux 6.1 sgx/encl.c
 * sgx_encl_load_page(), sgx_encl_eaug_page().
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

int sgx_encl_load_secs(struct sgx_mm *mm, struct sgx_encl *encl)
{
	if (sgx_page_present(sgx_page_at(mm, encl->secs_pa)))
		return 0;
	return sgx_encl_eldu(mm, encl, encl->secs_pa, 0);
}

int sgx_encl_load_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	unsigned flags = sgx_page_flags(sgx_page_at(mm, pa));
	int ret;

	if (flags & SGX_PAGE_BEING_RECLAIMED)
		return -EBUSY;
	ret = sgx_encl_load_secs(mm, encl);
	if (ret || !(flags & SGX_PAGE_EVICTED))
		return ret;
	return sgx_encl_eldu(mm, encl, pa, encl->base + (pa - encl->epc_base));
}

static int eaug(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t addr)
{
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.linaddr = addr,
		.secs = (uintptr_t)epc_ptr(&mm->cpu, encl->secs_pa),
	};
	struct lp lp = { .cpu = &mm->cpu };

	return __eaug(&lp, &pginfo,
		      epc_ptr(&mm->cpu, sgx_encl_pa(encl, addr))) ?
		       -EFAULT :
		       0;
}

int sgx_encl_eaug_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t addr)
{
	uint64_t pa = sgx_encl_pa(encl, addr);
	int ret;

	/* Slots for the SECS and for this page, too. */
	ret = sgx_encl_grow(mm, encl, encl->page_cnt + 2);
	if (!ret)
		ret = sgx_encl_load_secs(mm, encl);
	if (!ret)
		ret = sgx_take_epc_page(mm, encl);
	if (ret)
		return ret;
	sgx_journal_begin(encl, SGX_DOING_EAUG, pa);
	ret = eaug(mm, encl, addr);
	if (!ret)
		sgx_encl_insert_page(mm, encl, pa, PT_REG,
				     PROT_READ | PROT_WRITE | PROT_EXEC);
	sgx_journal_end(encl);
	if (ret) {
		sgx_free_epc_page(mm, encl);
		return ret;
	}
	sgx_page_mark_young(sgx_page_at(mm, pa));
	__atomic_fetch_add(&mm->shared->stat_eaug, 1, __ATOMIC_RELAXED);
	if (mm->host->paged)
		mm->host->paged(SGX_PAGED_NEW, encl, addr);
	__atomic_fetch_add(&encl->stat_eaug, 1, __ATOMIC_RELAXED);
	return 0;
}

int sgx_encl_wait(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	unsigned flags = sgx_page_flags(sgx_page_at(mm, pa));

	if (!(flags & SGX_PAGE_BEING_RECLAIMED))
		return sgx_make_room(mm);
	return sgx_finish_reclaim(mm, encl, pa);
}
