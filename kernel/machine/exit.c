/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a process that still holds something of the platform, because the
 * kill came at any instruction.  Linux has nothing like it: there a process
 * leaves the kernel before it dies, kernel/exit.c do_exit().
 */
#include "kernel/machine/exit.h"
#include "cpu/tcs.h"
#include "kernel/machine/smp.h"
#include "kernel/mm/encl_page.h"
#include "kernel/platform/section.h"

static void break_locks(struct sgx_mm *mm, uint32_t process)
{
	struct sgx_shared *shared = mm->shared;
	struct sgx_encl *encl;

	sgx_lock_break(mm, NULL, &shared->lock, process);
	for_each_encl(encl, shared) {
		sgx_lock_break(mm, encl, &encl->lock, process);
		sgx_lock_break(mm, NULL, &encl->ioctl_lock, process);
	}
}

/* Page tables of no process: they show every page of the enclave. */
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

/*
 * Leave the enclave for the dead thread.  Its TCS and its frame are held, so
 * they are still where they were.
 */
static void exit_processor(struct sgx_mm *mm, struct processor *p)
{
	struct space space = { .mm = mm };
	struct lp lp = { .cpu = &mm->cpu, .walk = walk, .walk_ctx = &space };
	const struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		if (encl->epc_base != EPC_NONE &&
		    p->tcs - encl->epc_base < encl->size)
			space.encl = encl;
	}
	/* If the enclave is gone, its TCS is gone, too. */
	if (!space.encl)
		p->tcs = EPC_NONE;
	lp_killed(&lp, p);
}

void sgx_processors_exit(struct sgx_mm *mm, uint32_t process)
{
	struct processor *p;

	for_each_processor(p, &mm->cpu) {
		uint64_t who = __atomic_load_n(&p->who, __ATOMIC_SEQ_CST);

		if (who == (PROCESSOR_CLAIM | process) ||
		    (who && tcs_owner_process(p->owner) == process))
			exit_processor(mm, p);
	}
}

void sgx_exit(struct sgx_mm *mm, uint32_t process)
{
	break_locks(mm, process);
	sgx_processors_exit(mm, process);
	sgx_stats_exit(&mm->shared->stats, process);
}
