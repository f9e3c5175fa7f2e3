/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing pages out: they are blocked, lose their mappings, and leave when no
 * old translation can be left.  After Linux 6.1 sgx/main.c
 * sgx_reclaimer_block(), sgx_encl_ewb().
 */
#include <asm/errno.h>

#include "cpu/epcm.h"
#include "cpu/secs.h"
#include "kernel/mm/pte.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/reclaim.h"

#define ROUNDS 4 /* of ETRACK and ipi, for one page */

/* Locked: does the page still exist, and is it still marked? */
static bool is_victim(struct sgx_mm *mm, const struct sgx_victim *v)
{
	struct sgx_encl_page *page;
	uint64_t pa;

	page = sgx_encl_find_page(mm, v->encl, v->addr, &pa);
	return page && (sgx_page_flags(page) & SGX_PAGE_BEING_RECLAIMED);
}

/* Take the mark off.  Young, so that the hand takes others first. */
static void put_back(struct sgx_mm *mm, const struct sgx_victim *v)
{
	struct sgx_encl_page *page = sgx_page_at(mm, sgx_victim_pa(v));

	__atomic_store_n(&page->flags, SGX_PAGE_YOUNG, __ATOMIC_RELEASE);
}

static int block_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_victim *v = arg;
	struct epcm *epcm = epcm_of(&mm->cpu, sgx_victim_pa(v));
	struct lp lp = { .cpu = &mm->cpu };
	int ret;

	if (!is_victim(mm, v))
		return -ENOENT;
	sgx_journal_begin(v->encl, SGX_DOING_RESTRICT, sgx_victim_pa(v));
	ret = __eblock(&lp, epc_ptr(&mm->cpu, sgx_victim_pa(v)));
	if (ret == SGX_EPC_PAGE_CONFLICT)
		put_back(mm, v);
	v->stamp = epcm->epoch;
	v->token_ino = v->encl->token_ino;
	v->tracked = false;
	return ret;
}

/*
 * Block the pages, and leave only blocked ones in the batch.  Two kinds drop
 * out.  A processor holds the page as its TCS or SSA, and would have to leave
 * the enclave first.  Or the page is no victim any more, because another thread
 * was faster; a third thread may then choose it again, and would block it after
 * we took its mappings.  Returns the number of the second kind: they have left,
 * or are in use again.
 */
static unsigned block_all(struct sgx_mm *mm, struct sgx_batch *batch)
{
	unsigned n = 0, gone = 0;

	for (unsigned i = 0; i < batch->n; i++) {
		struct sgx_victim *v = &batch->v[i];
		int ret = sgx_locked(mm, v->encl, block_locked, v);

		if (ret == -ENOENT)
			gone++;
		else if (ret != SGX_EPC_PAGE_CONFLICT)
			batch->v[n++] = *v;
	}
	batch->n = n;
	return gone;
}

/* Neighbours go together, because each change costs a system call. */
static unsigned zap_run(struct sgx_mm *mm, const struct sgx_batch *batch,
			unsigned i)
{
	const struct sgx_victim *first = &batch->v[i];
	uint64_t end = first->addr + SGX_PAGE_SIZE;

	for (i++; i < batch->n && batch->v[i].encl == first->encl &&
		  batch->v[i].addr == end;
	     i++)
		end += SGX_PAGE_SIZE;
	sgx_encl_narrow(mm, first->encl, first->addr, end);
	return i;
}

static void zap_all(struct sgx_mm *mm, const struct sgx_batch *batch)
{
	bool elsewhere = false;

	for (unsigned i = 0; i < batch->n;)
		i = zap_run(mm, batch, i);
	for (unsigned i = 0; i < batch->n; i++)
		elsewhere |= sgx_encl_mapped_elsewhere(mm, batch->v[i].encl);
	if (elsewhere)
		sgx_resync_others(mm);
}

/*
 * A thread has to leave the enclave if it joined before the mappings were
 * taken, not only if it joined before the page was blocked.  So stamp the page
 * again.
 */
static void track(struct sgx_mm *mm, struct sgx_victim *v, struct epcm *epcm)
{
	if (v->tracked)
		return;
	sgx_journal_begin(v->encl, SGX_DOING_RESTRICT, sgx_victim_pa(v));
	secs_stamp(secs_hidden_at(&mm->cpu, v->encl->secs_pa), epcm);
	v->stamp = epcm->epoch;
	v->tracked = true;
}

/* One try, with ETRACK if needed.  It is a success if nothing is to be done. */
static int write_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_victim *v = arg;
	struct epcm *epcm = epcm_of(&mm->cpu, sgx_victim_pa(v));
	struct lp lp = { .cpu = &mm->cpu };
	int ret;

	if (!is_victim(mm, v) || v->stamp != epcm->epoch ||
	    v->token_ino != v->encl->token_ino)
		return 0;
	track(mm, v, epcm);
	ret = sgx_encl_ewb(mm, v->encl, sgx_victim_pa(v));
	if (ret != SGX_NOT_TRACKED)
		return ret;
	__etrack(&lp, epc_ptr(&mm->cpu, v->encl->secs_pa));
	return sgx_encl_ewb(mm, v->encl, sgx_victim_pa(v));
}

static int try_write(struct sgx_mm *mm, struct sgx_victim *v)
{
	return sgx_locked(mm, v->encl, write_locked, v);
}

/*
 * EWB; ETRACK and EWB; ipi and EWB.  More than one round, because another
 * thread may be tracking, or may have entered during the ipi.
 */
static bool write_out(struct sgx_mm *mm, struct sgx_victim *v)
{
	int ret = try_write(mm, v);

	for (int i = 0; i < ROUNDS && ret; i++) {
		if (ret == SGX_NOT_TRACKED)
			sgx_encl_ipi(mm, v->encl);
		else
			mm->host->cond_resched();
		ret = try_write(mm, v);
	}
	return !ret;
}

unsigned sgx_reclaim(struct sgx_mm *mm, struct sgx_batch *batch)
{
	unsigned n = block_all(mm, batch);

	zap_all(mm, batch);
	for (unsigned i = 0; i < batch->n; i++)
		n += write_out(mm, &batch->v[i]);
	return n;
}
