/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making room in the EPC.  After Linux 6.1 sgx/main.c sgx_reclaim_pages().
 *
 * A thread that needs room makes it; several may at the same time.  Each page
 * goes step by step under its enclave's lock, and its flags say so.  If a
 * thread is killed or stopped, the next one that meets the page goes on with
 * it.  DEVIATION DK13: no kernel thread does it ahead of need.
 */
#include <asm/errno.h>

#include "kernel/sgx/reclaim.h"

#define ROUNDS       4   /* in which no page left */
#define MAX_FAILURES 256 /* times that no page left the EPC */

/*
 * Is there a reason to wait?  Yes, if there are pages that could leave but for
 * threads in their enclaves that are slow.  Not for ever, because such a thread
 * may be dead.  Both the time and the number of failures count: on a busy
 * machine the other thread gets no more time than this one does.
 */
static bool may_wait(struct sgx_mm *mm, bool tried, unsigned left)
{
	struct sgx_shared *shared = mm->shared;
	uint64_t now = mm->host->ktime_get_ns();
	bool early;

	if (left || !shared->reclaim_failures)
		shared->reclaim_since = now;
	if (left)
		shared->reclaim_failures = 0;
	else if (shared->reclaim_failures < MAX_FAILURES)
		shared->reclaim_failures++;
	early = now - shared->reclaim_since < shared->reclaim_patience;
	return tried && (early || shared->reclaim_failures < MAX_FAILURES);
}

/* Up to the high mark.  False: it is no use to wait. */
static bool reclaim_pages(struct sgx_mm *mm)
{
	unsigned failed = 0, left = 0, n;
	bool tried = false;

	while (sgx_epc_free(mm) < sgx_nr_high_pages(mm) && failed < ROUNDS) {
		struct sgx_batch batch = { .n = 0 };

		sgx_find_victims(mm, &batch);
		tried |= batch.n || sgx_could_leave(mm);
		if (!batch.n)
			break;
		n = sgx_reclaim(mm, &batch);
		left += n;
		failed += !n;
	}
	return may_wait(mm, tried, left);
}

int sgx_make_room(struct sgx_mm *mm)
{
	bool wait = reclaim_pages(mm);

	if (sgx_epc_free(mm))
		return 0;
	/* Enclaves whose last owner has died may still have pages. */
	mm->host->reap();
	if (sgx_epc_free(mm))
		return 0;
	mm->host->cond_resched();
	return wait ? 0 : -ENOMEM;
}

int sgx_finish_reclaim(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa)
{
	struct sgx_batch batch = {
		.v = { { .encl = encl,
			 .addr = encl->base + (pa - encl->epc_base) } },
		.n = 1,
	};

	return may_wait(mm, true, sgx_reclaim(mm, &batch)) ? 0 : -ENOMEM;
}

static uint64_t evict_batch(struct sgx_mm *mm, struct sgx_batch *batch)
{
	uint64_t n = batch->n ? sgx_reclaim(mm, batch) : 0;

	batch->n = 0;
	return n;
}

static uint64_t evict(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		      uint64_t end)
{
	struct sgx_batch batch = { .n = 0 };
	uint64_t n = 0, addr;

	for_each_encl_page(addr, mm, encl, start, end) {
		struct sgx_victim v = { .encl = encl, .addr = addr };

		if (!sgx_isolate(mm, &v))
			continue;
		batch.v[batch.n++] = v;
		if (batch.n == SGX_NR_TO_SCAN)
			n += evict_batch(mm, &batch);
	}
	return n + evict_batch(mm, &batch);
}

uint64_t sgx_evict(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		   uint64_t end)
{
	return sgx_is_enclave(mm, encl) ? evict(mm, encl, start, end) : 0;
}
