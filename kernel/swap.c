/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One page out of the EPC, and back.  After Linux 6.1 sgx/main.c
 * __sgx_encl_ewb(), sgx_reclaimer_write(); sgx/encl.c __sgx_encl_eldu().
 *
 * The size of the EPC is a budget, not memory (main.c), so the backing store
 * need not be elsewhere: a page is encrypted, and decrypted, where it lies.
 */
#include <asm/errno.h>

#include "kernel/encl.h"
#include "kernel/encls.h"

/* DEVIATION DK17: what is written out stays in the EPC's address space. */
static struct sgx_pageinfo pageinfo(struct sgx_mm *mm, uint64_t pa)
{
	return (struct sgx_pageinfo){
		.srcpge = (uintptr_t)epc_ptr(&mm->cpu, pa),
		.secinfo = (uintptr_t)&mm->pcmd[pa >> SGX_PAGE_SHIFT],
	};
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void set_flags(struct sgx_mm *mm, uint64_t pa, unsigned flags)
{
	__atomic_store_n(&sgx_page_at(mm, pa)->flags, flags, __ATOMIC_RELEASE);
	__atomic_fetch_add(&mm->shared->paging_seq, 1, __ATOMIC_SEQ_CST);
}

/*
 * EWB into a new slot.  A page that is invalid has nothing to write: the EPC
 * was lost, or somebody was killed after his EWB, and then the slot is known.
 */
static int ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) =
		pageinfo(mm, pa);
	struct lp lp = { .cpu = &mm->cpu };
	uint32_t slot = sgx_alloc_va_slot(mm, encl);
	uint32_t was = sgx_page_at(mm, pa)->va_slot;
	int ret;

	sgx_page_at(mm, pa)->va_slot = slot;
	ret = __ewb(&lp, &pginfo, epc_ptr(&mm->cpu, pa),
		    sgx_va_slot(mm, encl, slot));
	if (ret) {
		sgx_page_at(mm, pa)->va_slot = was;
		sgx_free_va_slot(mm, encl, slot);
	}
	return encls_faulted_epcm(&lp, ret) ? 0 : ret;
}

/* The page has left: what it took of the EPC is free. */
static void page_left(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	set_flags(mm, pa, SGX_PAGE_EVICTED);
	sgx_free_epc_page(mm, encl);
	count(&mm->shared->stat_ewb);
}

/* An enclave without a page in the EPC does not need its SECS there. */
static void put_secs(struct sgx_mm *mm, struct sgx_encl *encl)
{
	if (--encl->secs_child_cnt ||
	    !(sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED))
		return;
	if (!ewb(mm, encl, encl->secs_pa))
		page_left(mm, encl, encl->secs_pa);
}

int sgx_encl_ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	int ret = ewb(mm, encl, pa);

	if (ret)
		return ret;
	page_left(mm, encl, pa);
	put_secs(mm, encl);
	return 0;
}

static int eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		uint64_t linaddr)
{
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) =
		pageinfo(mm, pa);
	struct lp lp = { .cpu = &mm->cpu };

	pginfo.linaddr = linaddr;
	if (pa != encl->secs_pa)
		pginfo.secs = (uintptr_t)epc_ptr(&mm->cpu, encl->secs_pa);
	return __eldu(&lp, &pginfo, epc_ptr(&mm->cpu, pa),
		      sgx_va_slot(mm, encl, sgx_page_at(mm, pa)->va_slot)) ?
	       -EFAULT : 0;
}

int sgx_encl_eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		  uint64_t linaddr)
{
	int ret = sgx_take_epc_page(mm, encl);

	if (ret)
		return ret;
	ret = eldu(mm, encl, pa, linaddr);
	if (ret) {
		sgx_free_epc_page(mm, encl);
		return ret;
	}
	sgx_free_va_slot(mm, encl, sgx_page_at(mm, pa)->va_slot);
	set_flags(mm, pa, SGX_PAGE_YOUNG);
	if (pa != encl->secs_pa)
		encl->secs_child_cnt++;
	count(&mm->shared->stat_eldu);
	return 0;
}
