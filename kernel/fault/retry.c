/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a refusal does not count, and the access or the leaf is made again: the
 * real mapping was wrong, or another thread's paging was in between, or the
 * thread that was in the TCS is dead.  Each of them ends: after so many retries
 * the refusal counts.
 */
#include "cpu/epcm.h"
#include "cpu/tcs.h"
#include "kernel/fault/internal.h"

/* Retries of one access, in a row, that did not help. */
#define MAX_REPEATS (1u << 16)

/* Refusals in a row that other threads' paging is blamed for. */
#define MAX_BLAMED 16

static uint32_t paging_seq(const struct page_fault *f)
{
	return __atomic_load_n(&f->mm->shared->paging_seq, __ATOMIC_SEQ_CST);
}

/* Only the same access counts, and only if nothing was paged since. */
bool retry_mended(const struct page_fault *f)
{
	struct fault_retries *r = f->retries;
	uint32_t seq = paging_seq(f);

	if (r->address != f->address || r->rip != f->lp->r.rip ||
	    r->repeats_seq != seq) {
		r->address = f->address;
		r->rip = f->lp->r.rip;
		r->repeats_seq = seq;
		r->repeats = 0;
	}
	return ++r->repeats <= MAX_REPEATS;
}

/*
 * On a machine a translation is gone, and the interrupt answered, before EBLOCK
 * and EWB go on.  Here the walk may have been right, and the EPCM changed
 * before it was asked.  So a refusal counts only if nothing was paged since the
 * one before.
 */
bool retry_after_paging(const struct page_fault *f)
{
	struct fault_retries *r = f->retries;
	uint32_t seq = paging_seq(f);

	if (r->paging_seq == seq || ++r->blamed > MAX_BLAMED) {
		r->blamed = 0;
		return false;
	}
	r->paging_seq = seq;
	return true;
}

void exc_leaf_retired(struct fault_retries *retries)
{
	retries->repeats = 0;
	retries->blamed = 0;
	retries->tcs_free = false;
}

/* The word of the TCS that the leaf was to enter, or NULL. */
static uint64_t *tcs_state(const struct page_fault *f)
{
	struct cpu *cpu = &f->mm->cpu;
	struct lp *lp = f->lp;
	uint64_t pa;

	if (lp->cr_enclave_mode || lp->walk(lp, lp->r.rbx, PF_WRITE, &pa) ||
	    pa == EPC_NONE || epcm_of(cpu, pa)->pt != PT_TCS)
		return NULL;
	return epc_ptr(cpu, pa & SGX_PAGE_MASK);
}

/*
 * The server may hear of the death later than the caller did, so it is asked to
 * look.  Or it heard just after the leaf had looked: an entry whose TCS is free
 * is tried once more.
 */
bool retry_after_death(const struct page_fault *f)
{
	struct fault_retries *r = f->retries;
	uint64_t *word = tcs_state(f), state;

	if (!word)
		return false;
	state = __atomic_load_n(word, __ATOMIC_SEQ_CST);
	if (!(state & TCS_STATE)) {
		r->tcs_free = !r->tcs_free;
		return r->tcs_free;
	}
	if (!tcs_owner_process(state) ||
	    tcs_owner_process(state) == sgx_current(f->mm))
		return false;
	f->mm->host->reap();
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) != state;
}
