/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages leave the EPC: those that were not used recently, by a clock
 * whose hand all processes share.  After Linux 6.1 sgx/main.c
 * sgx_reclaimer_age() and the first half of sgx_reclaim_pages().
 */
#include <asm/errno.h>

#include "kernel/platform/section.h"
#include "kernel/sgx/reclaim.h"

#define TURNS 3 /* of the hand: to age, to take, spare */

bool sgx_is_enclave(const struct sgx_mm *mm, const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->kind, __ATOMIC_ACQUIRE) ==
		       SGX_FILE_ENCLAVE &&
	       (sgx_encl_flags(encl) & SGX_ENCL_CREATED) &&
	       sgx_encl_in_reach(mm, encl);
}

/*
 * The clock's hand: a slot of the table, and the number of a page in ELRANGE.
 * The thread that moves it gets the page; a slower thread takes the next one.
 */
#define HAND_PAGE_BITS   40
#define HAND(slot, page) ((uint64_t)(slot) << HAND_PAGE_BITS | (page))
#define HAND_SLOT(hand)  ((uint32_t)((hand) >> HAND_PAGE_BITS))
#define HAND_PAGE(hand)  ((hand) & ((1ull << HAND_PAGE_BITS) - 1))
_Static_assert(EPC_SPAN >> SGX_PAGE_SHIFT < 1ull << HAND_PAGE_BITS &&
		       SGX_MAX_ENCLAVES < 1u << (64 - HAND_PAGE_BITS),
	       "it holds both");

static bool move_hand(struct sgx_shared *shared, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(&shared->hand, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* The next page of encl from `page` on.  False: it has none. */
static bool next_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t page,
		      struct sgx_victim *v)
{
	uint64_t end = encl->base + encl->size;

	if (!sgx_is_enclave(mm, encl))
		return false;
	v->encl = encl;
	v->addr = sgx_encl_next_page(mm, encl,
				     encl->base + (page << SGX_PAGE_SHIFT),
				     end);
	return v->addr < end;
}

/* Move the hand to the next page.  False: it went past the last one. */
static bool advance(struct sgx_mm *mm, struct sgx_victim *v)
{
	struct sgx_shared *shared = mm->shared;

	for (;;) {
		uint64_t hand = __atomic_load_n(&shared->hand,
						__ATOMIC_SEQ_CST);
		uint32_t slot = HAND_SLOT(hand);
		struct sgx_encl *encl = &shared->encls[slot];

		if (slot >= sgx_nr_encls(shared)) {
			move_hand(shared, hand, 0);
			return false;
		}
		if (!next_page(mm, encl, HAND_PAGE(hand), v))
			move_hand(shared, hand, HAND(slot + 1, 0));
		else if (move_hand(shared, hand,
				   HAND(slot, ((v->addr - encl->base) >>
					       SGX_PAGE_SHIFT) +
						      1)))
			return true;
	}
}

/*
 * DEVIATION DK14: the host has no accessed bit for us.  A page is young if it
 * was loaded, or a fault gave somebody access to it, since the hand last
 * passed.
 */
static bool is_old(struct sgx_encl_page *page)
{
	unsigned was = __atomic_fetch_and(&page->flags,
					  (uint8_t)~SGX_PAGE_YOUNG,
					  __ATOMIC_RELAXED);

	return !(was & (SGX_PAGE_YOUNG | SGX_PAGE_EVICTED));
}

static bool in_batch(const struct sgx_batch *batch, const struct sgx_victim *v)
{
	for (unsigned i = 0; i < batch->n; i++) {
		if (batch->v[i].encl == v->encl && batch->v[i].addr == v->addr)
			return true;
	}
	return false;
}

/* From now on the page has no PTE, so no thread begins to use it. */
static int isolate_locked(struct sgx_mm *mm, void *arg)
{
	const struct sgx_victim *v = arg;
	struct sgx_encl_page *page;
	uint64_t pa;

	page = sgx_encl_find_page(mm, v->encl, v->addr, &pa);
	if (!page || (sgx_page_flags(page) & SGX_PAGE_EVICTED))
		return -ENOENT;
	__atomic_fetch_or(&page->flags, SGX_PAGE_BEING_RECLAIMED,
			  __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&mm->shared->paging_seq, 1, __ATOMIC_SEQ_CST);
	return 0;
}

bool sgx_isolate(struct sgx_mm *mm, struct sgx_victim *v)
{
	return !sgx_locked(mm, v->encl, isolate_locked, v);
}

void sgx_find_victims(struct sgx_mm *mm, struct sgx_batch *batch)
{
	struct sgx_victim *v = &batch->v[0];
	unsigned turns = 0;

	while (batch->n < SGX_NR_TO_SCAN && turns < TURNS) {
		if (!advance(mm, v)) {
			turns++;
			continue;
		}
		if (is_old(sgx_page_at(mm, sgx_victim_pa(v))) &&
		    !in_batch(batch, v) && sgx_isolate(mm, v))
			v = &batch->v[++batch->n];
	}
}

bool sgx_could_leave(struct sgx_mm *mm)
{
	struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		struct sgx_victim v = { .addr = 0 };
		uint64_t page = 0;

		while (next_page(mm, encl, page, &v)) {
			const struct sgx_encl_page *p =
				sgx_page_at(mm, sgx_victim_pa(&v));

			if (!(sgx_page_flags(p) & SGX_PAGE_EVICTED))
				return true;
			page = ((v.addr - encl->base) >> SGX_PAGE_SHIFT) + 1;
		}
	}
	return false;
}
