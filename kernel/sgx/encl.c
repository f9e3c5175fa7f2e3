/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of an enclave.  After Linux 6.1 sgx/encl.c sgx_encl_release(). */
#include "kernel/sgx/encl.h"

#include <asm/errno.h>

#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/processors.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"

/*
 * No reference to the enclave is left, so a locked entry was locked by a thread
 * that was killed in the enclave.
 */
static int remove_epc_page(struct sgx_mm *mm, struct lp *lp, uint64_t pa)
{
	struct epcm *epcm = epcm_of(&mm->cpu, pa);

	__atomic_store_n(&epcm->lock, 0, __ATOMIC_RELEASE);
	return __eremove(lp, epc_ptr(&mm->cpu, pa));
}

/*
 * EREMOVE refuses the SECS if pages were lost singly, because they still count.
 * DEVIATION DK1: it is made invalid then; Linux leaks it, with a warning.
 */
static void remove_secs(struct sgx_mm *mm, struct lp *lp, uint64_t pa)
{
	if (remove_epc_page(mm, lp, pa))
		epcm_invalidate(epcm_of(&mm->cpu, pa));
}

static void remove_pages(struct sgx_mm *mm, struct sgx_encl *encl,
			 struct lp *lp)
{
	uint64_t end = encl->base + encl->size, addr, pa;

	for_each_encl_page(addr, mm, encl, encl->base, end) {
		pa = sgx_encl_pa(encl, addr);
		remove_epc_page(mm, lp, pa);
		sgx_encl_erase_page(mm, encl, pa);
	}
}

/*
 * Free the places of threads that were killed inside.  machine/exit.c does that
 * only for processes that have a number.
 */
static void forget_entered(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	struct processor *p;

	for_each_processor(p, &mm->cpu) {
		if (__atomic_load_n(&p->who, __ATOMIC_SEQ_CST) &&
		    p->secs == encl->secs_pa)
			processor_clear(p);
	}
}

/* Resident or not: EREMOVE of a page that is not valid does nothing. */
static void remove_all(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct lp lp = { .cpu = &mm->cpu };

	/* A kill came while the space was taken or given back: it is empty. */
	if (encl->secs_pa == EPC_NONE || encl->epc_base == EPC_NONE) {
		encl->secs_pa = encl->epc_base = EPC_NONE;
		return;
	}
	if (sgx_encl_flags(encl) & SGX_ENCL_CREATED) {
		forget_entered(mm, encl);
		remove_pages(mm, encl, &lp);
	}
	sgx_encl_free_va(mm, encl);
	remove_secs(mm, &lp, encl->secs_pa);
	sgx_page_at(mm, encl->secs_pa)->flags = 0;
	sgx_epc_release(mm, encl);
}

/* What it had done, for those who ask later. */
static void remember(struct sgx_mm *mm, struct sgx_encl *encl)
{
	const struct sgx_stats_encl ended = {
		.eid = __atomic_exchange_n(&encl->eid, 0, __ATOMIC_SEQ_CST),
		.base = encl->base,
		.size = encl->size,
		.ewb = encl->stat_ewb,
		.eldu = encl->stat_eldu,
		.eaug = encl->stat_eaug,
		.peak = encl->epc_peak,
	};

	if (ended.eid)
		sgx_stats_remember(&mm->shared->stats, &ended);
}

static int release_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_encl *encl = arg;

	remember(mm, encl);
	remove_all(mm, encl);
	sgx_settle_epc_pages(mm, encl, 0);
	encl->token_ino = 0;
	__atomic_store_n(&encl->kind, SGX_FILE_NONE, __ATOMIC_RELEASE);
	return 0;
}

/* Another process may be writing its pages out: hence the lock. */
void sgx_encl_release(struct sgx_mm *mm, struct sgx_encl *encl)
{
	sgx_locked(mm, encl, release_locked, encl);
}

bool sgx_encl_try_release(struct sgx_mm *mm, struct sgx_encl *encl)
{
	return !sgx_trylocked(mm, encl, release_locked, encl);
}
