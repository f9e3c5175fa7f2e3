/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lock of an enclave was taken from a thread that was killed or stopped.
 * Finish or undo what it did to a page, by the journal; then count everything
 * again.  See kernel/platform/section.h.  Linux has nothing like it.
 */
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/patch.h"
#include "cpu/secs.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

/* Only the holder of encl->lock executes leaves that take these locks. */
static void unlock_entry(struct sgx_mm *mm, uint64_t pa)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	__atomic_store_n(&epcm->lock, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&epcm->sgx2_lock, 0, __ATOMIC_SEQ_CST);
}

void sgx_journal_eadd(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	const struct secs_hidden *hidden = secs_hidden_at(&mm->cpu,
							  encl->secs_pa);

	encl->journal.mrenclave_state = hidden->mrenclave_state;
	encl->journal.mrenclave_blocks = hidden->mrenclave_blocks;
	sgx_journal_begin(encl, SGX_DOING_EADD, pa);
}

/* A page that was not added has not been measured, either. */
static bool recover_eadd(struct sgx_mm *mm, const struct sgx_encl *encl,
			 uint64_t pa)
{
	struct secs_hidden *hidden = secs_hidden_at(&mm->cpu, encl->secs_pa);

	secs_unlock_measurement(hidden);
	if (sgx_page_at(mm, pa)->added)
		return true;
	epcm_invalidate(epcm_of(&mm->cpu, pa));
	hidden->mrenclave_state = encl->journal.mrenclave_state;
	hidden->mrenclave_blocks = encl->journal.mrenclave_blocks;
	return false;
}

static void recover_eaug(struct sgx_mm *mm, uint64_t pa)
{
	if (sgx_page_at(mm, pa)->added)
		return;
	epcm_invalidate(epcm_of(&mm->cpu, pa));
	unlock_entry(mm, pa);
}

static bool recover_eremove(struct sgx_mm *mm, struct sgx_encl *encl,
			    uint64_t pa)
{
	if (epcm_valid(epcm_of(&mm->cpu, pa)))
		return false;
	if (sgx_page_at(mm, pa)->added)
		sgx_encl_erase_page(mm, encl, pa);
	return true;
}

/*
 * The thread may have been killed before it stamped the page, so that the page
 * looks older than it is.
 */
static void stamp(struct sgx_mm *mm, uint64_t pa)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	if (epcm_valid(epcm) && epcm->enclavesecs != EPC_NONE)
		secs_stamp(secs_hidden_at(&mm->cpu, epcm->enclavesecs), epcm);
}

/*
 * EBLOCK blocks the page, and then looks whether a processor holds it.  If the
 * leaf is made again it finds the page blocked, and does not look.
 */
static void recover_restrict(struct sgx_mm *mm, uint64_t pa)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	if (epcm->blocked && epcm_held(&mm->cpu, pa))
		epcm_change(epcm, EPCM_BLOCKED, 0);
	stamp(mm, pa);
}

static bool recover_emodt(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	struct sgx_encl_page *page = sgx_page_at(mm, pa);
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	if (!epcm->modified) {
		page->vm_max_prot = (uint8_t)encl->journal.was;
		return false;
	}
	patch_undo(&mm->cpu, pa);
	epcm->pt = (uint8_t)encl->journal.slot;
	page->type = epcm->pt;
	stamp(mm, pa);
	return true;
}

static bool recover_eaccept(const struct sgx_mm *mm, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(&mm->cpu, pa);

	return epcm_valid(epcm) && !epcm->pending && !epcm->modified &&
	       !epcm->pr;
}

/* True: the work is done. */
static bool recover_page(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t pa = encl->journal.pa;

	/* The page may not exist yet, or not any more. */
	if (sgx_journal_op(encl) != SGX_DOING_NOTHING)
		unlock_entry(mm, pa);
	switch (sgx_journal_op(encl)) {
	case SGX_DOING_EWB:
	case SGX_DOING_ELDU:
		sgx_encl_recover_paging(mm, encl);
		break;
	case SGX_DOING_EADD:
		return recover_eadd(mm, encl, pa);
	case SGX_DOING_EAUG:
		recover_eaug(mm, pa);
		break;
	case SGX_DOING_EREMOVE:
		return recover_eremove(mm, encl, pa);
	case SGX_DOING_EMODT:
		return recover_emodt(mm, encl, pa);
	case SGX_DOING_EACCEPT:
		return recover_eaccept(mm, pa);
	case SGX_DOING_RESTRICT:
		recover_restrict(mm, pa);
		break;
	case SGX_DOING_NOTHING:
		break;
	}
	return false;
}

struct counts {
	uint64_t pages, resident;
	uint32_t children;
};

/* Only the slots of evicted pages are in use; others were left behind. */
static bool recount_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	const struct sgx_encl_page *page = sgx_page_at(mm, pa);

	if (!(sgx_page_flags(page) & SGX_PAGE_EVICTED))
		return false;
	sgx_take_va_slot(mm, encl, page->va_slot);
	return true;
}

static void recount_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
			 struct counts *n)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	unlock_entry(mm, pa);
	n->pages++;
	n->resident += !recount_slot(mm, encl, pa);
	n->children += epcm_valid(epcm);
}

static struct counts recount(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t end = encl->base + encl->size, addr;
	struct counts n = { 0 };

	sgx_clear_va_slots(mm, encl);
	recount_slot(mm, encl, encl->secs_pa);
	for_each_encl_page(addr, mm, encl, encl->base, end)
		recount_page(mm, encl, sgx_encl_pa(encl, addr), &n);
	return n;
}

/* The version arrays, the one that was being made, and the SECS above them. */
static void unlock_head(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	for (uint32_t i = 0; i <= encl->nr_va + 1; i++)
		unlock_entry(mm, encl->secs_pa - i * SGX_PAGE_SIZE);
	epcm_invalidate(
		epcm_of(&mm->cpu,
			encl->secs_pa - (encl->nr_va + 1ull) * SGX_PAGE_SIZE));
}

/*
 * The charge of an enclave that is being built is not corrected: a page is
 * charged before encl->lock is taken.
 */
static void settle(struct sgx_mm *mm, struct sgx_encl *encl,
		   const struct counts *n)
{
	bool secs = sgx_page_present(sgx_page_at(mm, encl->secs_pa));

	encl->page_cnt = n->pages;
	encl->secs_child_cnt = (uint32_t)n->resident;
	if (epcm_is_secs(epcm_of(&mm->cpu, encl->secs_pa)))
		__atomic_store_n(
			&secs_hidden_at(&mm->cpu, encl->secs_pa)->children,
			n->children, __ATOMIC_SEQ_CST);
	if (!(sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED))
		return;
	sgx_settle_epc_pages(mm, encl, n->resident + encl->nr_va + secs);
}

/*
 * Whoever recovers may lose the lock, too, and is followed by another one.  So
 * the note is of the thread that did the work, and made before the entry ends.
 */
void sgx_encl_recover(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct counts n;
	bool done;

	if (!(sgx_encl_flags(encl) & SGX_ENCL_CREATED) ||
	    encl->secs_pa == EPC_NONE)
		return;
	unlock_head(mm, encl);
	done = recover_page(mm, encl);
	n = recount(mm, encl);
	settle(mm, encl, &n);
	if (done)
		sgx_note_done(encl, encl->journal.work);
	sgx_journal_end(encl);
}
