/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One page out of the EPC, and back.  After Linux 6.1 sgx/main.c
 * __sgx_encl_ewb(), sgx_reclaimer_write(); sgx/encl.c __sgx_encl_eldu().
 *
 * The EPC's size is a budget, not memory (main.c).  So what is encrypted can
 * stay where the page was.  It goes there through the enclave's scratch page:
 * if a thread is killed or stopped, one of the two is still whole.  Which one,
 * says the leaf's last step, which makes the page invalid or valid.
 */
#include <asm/errno.h>

#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void tell(const struct sgx_mm *mm, const struct sgx_encl *encl,
		 uint64_t pa, enum sgx_paged how)
{
	uint64_t addr = pa == encl->secs_pa ?
				0 :
				encl->base + (pa - encl->epc_base);

	if (mm->host->paged)
		mm->host->paged(how, encl, addr);
}

static void set_flags(struct sgx_mm *mm, uint64_t pa, unsigned flags)
{
	__atomic_store_n(&sgx_page_at(mm, pa)->flags, flags, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&mm->shared->paging_seq, 1, __ATOMIC_SEQ_CST);
}

static void *place(const struct sgx_mm *mm, uint64_t pa)
{
	return epc_ptr(&mm->cpu, pa);
}

/* Out ---------------------------------------------------------------- */

/*
 * EWB into a new slot.  If the EPC was lost, the page is invalid and has
 * nothing to write: it leaves all the same, and cannot be loaded again.
 * DEVIATION DK17: what is written out stays in the EPC's address space.
 */
static int ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	struct sgx_journal *journal = &encl->journal;
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.srcpge = (uintptr_t)sgx_scratch(mm, encl),
		.secinfo = (uintptr_t)&journal->pcmd,
	};
	struct lp lp = { .cpu = &mm->cpu };
	int ret;

	journal->was = sgx_page_at(mm, pa)->va_slot;
	journal->slot = sgx_alloc_va_slot(mm, encl);
	sgx_journal_begin(encl, SGX_DOING_EWB, pa);
	ret = __ewb(&lp, &pginfo, place(mm, pa),
		    sgx_va_slot(mm, encl, journal->slot));
	return encls_faulted_epcm(&lp, ret) ? 0 : ret;
}

static void has_not_left(struct sgx_mm *mm, struct sgx_encl *encl)
{
	*(uint64_t *)sgx_va_slot(mm, encl, encl->journal.slot) = 0;
	sgx_journal_end(encl);
	sgx_free_va_slot(mm, encl, encl->journal.slot);
}

/*
 * May run more than once.  If the slot has no version, the page was lost before
 * EWB reached it.  Its memory is left alone then, because a thread may still
 * need it to leave the enclave.
 */
static void has_left(struct sgx_mm *mm, struct sgx_encl *encl)
{
	const uint64_t *version = sgx_va_slot(mm, encl, encl->journal.slot);
	uint64_t pa = encl->journal.pa;

	if (*version) {
		memcpy(place(mm, pa), sgx_scratch(mm, encl), SGX_PAGE_SIZE);
		mm->pcmd[pa >> SGX_PAGE_SHIFT] = encl->journal.pcmd;
	}
	sgx_page_at(mm, pa)->va_slot = encl->journal.slot;
	set_flags(mm, pa, SGX_PAGE_EVICTED);
	sgx_journal_end(encl);
}

static int write_out(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	int ret = ewb(mm, encl, pa);

	if (ret) {
		has_not_left(mm, encl);
		return ret;
	}
	has_left(mm, encl);
	sgx_free_epc_page(mm, encl);
	count(&mm->shared->stat_ewb);
	tell(mm, encl, pa, SGX_PAGED_OUT);
	count(&encl->stat_ewb);
	return 0;
}

/* An enclave that has no page in the EPC does not need its SECS there. */
static void put_secs(struct sgx_mm *mm, struct sgx_encl *encl)
{
	if (--encl->secs_child_cnt ||
	    !(sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED))
		return;
	(void)write_out(mm, encl, encl->secs_pa);
}

int sgx_encl_ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	int ret = write_out(mm, encl, pa);

	if (!ret)
		put_secs(mm, encl);
	return ret;
}

/* In ----------------------------------------------------------------- */

static int eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		uint64_t linaddr)
{
	struct sgx_journal *journal = &encl->journal;
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.srcpge = (uintptr_t)sgx_scratch(mm, encl),
		.secinfo = (uintptr_t)&mm->pcmd[pa >> SGX_PAGE_SHIFT],
		.linaddr = linaddr,
	};
	struct lp lp = { .cpu = &mm->cpu };

	if (pa != encl->secs_pa)
		pginfo.secs = (uintptr_t)place(mm, encl->secs_pa);
	memcpy(sgx_scratch(mm, encl), place(mm, pa), SGX_PAGE_SIZE);
	journal->slot = sgx_page_at(mm, pa)->va_slot;
	journal->version = *(uint64_t *)sgx_va_slot(mm, encl, journal->slot);
	sgx_journal_begin(encl, SGX_DOING_ELDU, pa);
	return __eldu(&lp, &pginfo, place(mm, pa),
		      sgx_va_slot(mm, encl, journal->slot)) ?
		       -EFAULT :
		       0;
}

static void has_not_come(struct sgx_mm *mm, struct sgx_encl *encl)
{
	const struct sgx_journal *journal = &encl->journal;

	memcpy(place(mm, journal->pa), sgx_scratch(mm, encl), SGX_PAGE_SIZE);
	*(uint64_t *)sgx_va_slot(mm, encl, journal->slot) = journal->version;
	sgx_journal_end(encl);
}

static void has_come(struct sgx_mm *mm, struct sgx_encl *encl)
{
	sgx_free_va_slot(mm, encl, encl->journal.slot);
	set_flags(mm, encl->journal.pa, SGX_PAGE_YOUNG);
	sgx_journal_end(encl);
}

int sgx_encl_eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		  uint64_t linaddr)
{
	int ret = sgx_take_epc_page(mm, encl);

	if (ret)
		return ret;
	ret = eldu(mm, encl, pa, linaddr);
	if (ret) {
		has_not_come(mm, encl);
		sgx_free_epc_page(mm, encl);
		return ret;
	}
	has_come(mm, encl);
	if (pa != encl->secs_pa)
		encl->secs_child_cnt++;
	count(&mm->shared->stat_eldu);
	tell(mm, encl, pa, SGX_PAGED_IN);
	count(&encl->stat_eldu);
	return 0;
}

/* Half done ---------------------------------------------------------- */

void sgx_encl_recover_paging(struct sgx_mm *mm, struct sgx_encl *encl)
{
	bool valid = epcm_valid(epcm_of(&mm->cpu, encl->journal.pa));

	if (sgx_journal_op(encl) == SGX_DOING_EWB) {
		if (valid)
			has_not_left(mm, encl);
		else
			has_left(mm, encl);
	} else {
		if (valid)
			has_come(mm, encl);
		else
			has_not_come(mm, encl);
	}
}
