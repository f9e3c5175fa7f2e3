/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of pages that EREMOVE has removed goes back to the host, later and
 * many at a time.  Only the server does it.  A process can be stopped on its
 * way into the system call, and by the time it makes the call, there may be a
 * new page at the place.  The server is not stopped.  So while it holds
 * encl->lock, no page is added, and what no page occupies is nobody's.
 */
#include "kernel/sgx/encl.h"

#include <asm/errno.h>

#include "kernel/platform/section.h"
#include "kernel/sgx/reclaim.h"

#define STEP (64ull << 20) /* of the enclave, for which the lock is held */

void sgx_note_removed(struct sgx_encl *encl, uint64_t addr)
{
	struct sgx_range *removed = &encl->removed;

	if (removed->start >= removed->end)
		*removed = (struct sgx_range){ addr, addr };
	if (removed->start > addr)
		removed->start = addr;
	if (removed->end < addr + SGX_PAGE_SIZE)
		removed->end = addr + SGX_PAGE_SIZE;
}

/* Pages that were written out exist; their ciphertext is there. */
static void discard_gaps(struct sgx_mm *mm, const struct sgx_encl *encl,
			 uint64_t addr, uint64_t end)
{
	uint64_t next;

	for (; addr < end; addr = next + SGX_PAGE_SIZE) {
		next = sgx_encl_next_page(mm, encl, addr, end);
		if (addr < next)
			mm->host->discard(PLATFORM_OFF_EPC +
						  sgx_encl_pa(encl, addr),
					  next - addr);
	}
}

static int step_locked(struct sgx_mm *mm, void *arg)
{
	struct sgx_encl *encl = arg;
	struct sgx_range *removed = &encl->removed;
	uint64_t end = removed->end;

	if (!sgx_is_enclave(mm, encl) || removed->start >= end)
		return -ENOENT;
	if (end - removed->start > STEP)
		end = removed->start + STEP;
	discard_gaps(mm, encl, removed->start, end);
	removed->start = end;
	return 0;
}

/* As many steps as there are now: the enclave may go on removing pages. */
static void give_back(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint64_t steps = 1 + (encl->removed.end - encl->removed.start) / STEP;

	while (steps && !sgx_trylocked(mm, encl, step_locked, encl))
		steps--;
}

void sgx_give_back(struct sgx_mm *mm)
{
	struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		if (encl->removed.start < encl->removed.end)
			give_back(mm, encl);
	}
}
