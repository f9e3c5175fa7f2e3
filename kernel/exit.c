/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a process that the platform still has something of: a kill finds
 * it at any instruction.  Linux has none of this to do, where a process leaves
 * the kernel before it dies: kernel/exit.c do_exit().
 */
#include "cpu/epcm.h"
#include "kernel/encl.h"

#define TRIES	(1u << 16)	/* for the lock of somebody who lives */

/* What its sections left half done is unused: kernel/lock.h. */
static void break_locks(struct sgx_shared *shared, uint32_t process)
{
	uint32_t n = __atomic_load_n(&shared->nr_encls, __ATOMIC_ACQUIRE);

	sgx_lock_break(&shared->lock, process);
	sgx_lock_break(&shared->reclaim_lock, process);
	for (uint32_t i = 0; i < n; i++) {
		sgx_lock_break(&shared->encls[i].lock, process);
		sgx_lock_break(&shared->encls[i].ioctl_lock, process);
	}
}

/* The page tables of nobody: all that the enclave has. */
struct space {
	struct sgx_mm *mm;
	const struct sgx_encl *encl;
};

static int walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	const struct space *space = lp->walk_ctx;
	struct sgx_encl_page *page;

	page = sgx_encl_find_page(space->mm, space->encl, la, pa);
	if (!page || !sgx_page_present(page))
		return pf(lp, la, access);
	*pa = sgx_encl_pa(space->encl, la);
	return 0;
}

static void leave_tcs(struct sgx_mm *mm, const struct sgx_encl *encl,
		      uint64_t pa, uint32_t process)
{
	const struct sgx_tcs *tcs = epc_ptr(&mm->cpu, pa);
	struct space space = { mm, encl };
	struct lp lp = { .cpu = &mm->cpu, .walk = walk, .walk_ctx = &space };
	uint64_t state = __atomic_load_n(&tcs->state, __ATOMIC_SEQ_CST);
	uint32_t epoch;
	bool counted;

	if (!(state & TCS_STATE) || state >> 32 != process)
		return;
	counted = sgx_processor_bury(mm, state & ~TCS_STATE, &epoch);
	lp_killed(&lp, pa, counted ? &epoch : NULL);
}

static bool is_tcs(const struct sgx_mm *mm, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(&mm->cpu, pa);

	return sgx_page_present(sgx_page_at(mm, pa)) && epcm_valid(epcm) &&
	       epcm->pt == PT_TCS;
}

/* Locked: a TCS that is about to be entered may just be on its way out. */
static void leave_encl(struct sgx_mm *mm, const struct sgx_encl *encl,
		       uint32_t process)
{
	uint64_t end = encl->base + encl->size, addr, pa;

	for (addr = sgx_encl_next_page(mm, encl, encl->base, end); addr < end;
	     addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end)) {
		pa = sgx_encl_pa(encl, addr);
		if (is_tcs(mm, pa))
			leave_tcs(mm, encl, pa, process);
	}
}

/* The server does not wait for long: what it leaves is as DP12 has it. */
static uint64_t lock_soon(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t ticket = 0;

	for (uint32_t i = 0; i < TRIES && !ticket; i++) {
		ticket = sgx_trylock_shared(mm, &encl->lock);
		__builtin_ia32_pause();
	}
	return ticket;
}

static void leave_all(struct sgx_mm *mm, uint32_t process)
{
	uint32_t n = __atomic_load_n(&mm->shared->nr_encls, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		struct sgx_encl *encl = &mm->shared->encls[i];
		uint64_t ticket;

		if (encl->kind != SGX_FILE_ENCLAVE ||
		    !(sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED))
			continue;
		ticket = lock_soon(mm, encl);
		if (!ticket)
			continue;
		leave_encl(mm, encl, process);
		sgx_unlock(&encl->lock, ticket);
	}
}

void sgx_exit(struct sgx_mm *mm, uint32_t process)
{
	break_locks(mm->shared, process);
	leave_all(mm, process);
	sgx_processors_exit(mm, process);
}
