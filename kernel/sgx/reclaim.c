/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making room in the EPC: pages that were not used recently are blocked, lose
 * their mappings, and are written out when no old translation can be left.
 * After Linux 6.1 sgx/main.c sgx_reclaim_pages() and what it calls.
 *
 * A thread that needs room makes it; several may at the same time.  Each page
 * goes step by step under its enclave's lock, and its flags say so.  If a
 * thread is killed or stopped, the next one that meets the page goes on with
 * it.  DEVIATION DK13: no kernel thread does it ahead of need.
 */
#include <asm/errno.h>

#include "cpu/epcm.h"
#include "cpu/secs.h"
#include "kernel/mm/pte.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

#define SGX_NR_TO_SCAN	16
#define TURNS		3	/* of the hand: to age, to take, spare */
#define ROUNDS		4	/* of ETRACK and ipi, for one page */
#define MAX_FAILURES	256	/* times that no page left the EPC */

struct victim {
	struct sgx_encl *encl;
	uint64_t addr;
	/*
	 * Of the EPCM entry and of the enclave, when the page was blocked.  If
	 * they differ now, the page has left and come back, with new mappings,
	 * or belongs to another enclave.
	 */
	uint32_t stamp;
	uint64_t token_ino;
	bool tracked;			/* stamped again since then */
};

struct batch {
	struct victim v[SGX_NR_TO_SCAN];
	unsigned n;
};

static uint64_t victim_pa(const struct victim *v)
{
	return sgx_encl_pa(v->encl, v->addr);
}

/* Which pages -------------------------------------------------------- */

static bool is_enclave(const struct sgx_mm *mm, const struct sgx_encl *encl)
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
#define HAND_PAGE_BITS		40
#define HAND(slot, page)	((uint64_t)(slot) << HAND_PAGE_BITS | (page))
#define HAND_SLOT(hand)		((uint32_t)((hand) >> HAND_PAGE_BITS))
#define HAND_PAGE(hand)		((hand) & ((1ull << HAND_PAGE_BITS) - 1))
_Static_assert(EPC_SPAN >> SGX_PAGE_SHIFT < 1ull << HAND_PAGE_BITS &&
	       SGX_MAX_ENCLAVES < 1u << (64 - HAND_PAGE_BITS), "it holds both");

static bool move_hand(struct sgx_shared *shared, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(&shared->hand, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* The next page of encl from `page` on.  False: it has none. */
static bool next_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t page,
		      struct victim *v)
{
	uint64_t end = encl->base + encl->size;

	if (!is_enclave(mm, encl))
		return false;
	v->encl = encl;
	v->addr = sgx_encl_next_page(mm, encl, encl->base +
				     (page << SGX_PAGE_SHIFT), end);
	return v->addr < end;
}

/* Move the hand to the next page.  False: it went past the last one. */
static bool advance(struct sgx_mm *mm, struct victim *v)
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
					       SGX_PAGE_SHIFT) + 1)))
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

static bool in_batch(const struct batch *batch, const struct victim *v)
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
	const struct victim *v = arg;
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

static bool isolate(struct sgx_mm *mm, struct victim *v)
{
	return !sgx_locked(mm, v->encl, isolate_locked, v);
}

static void find_victims(struct sgx_mm *mm, struct batch *batch)
{
	struct victim *v = &batch->v[0];
	unsigned turns = 0;

	while (batch->n < SGX_NR_TO_SCAN && turns < TURNS) {
		if (!advance(mm, v)) {
			turns++;
			continue;
		}
		if (is_old(sgx_page_at(mm, victim_pa(v))) &&
		    !in_batch(batch, v) && isolate(mm, v))
			v = &batch->v[++batch->n];
	}
}

/* Writing them out --------------------------------------------------- */

/* Locked: does the page still exist, and is it still marked? */
static bool is_victim(struct sgx_mm *mm, const struct victim *v)
{
	struct sgx_encl_page *page;
	uint64_t pa;

	page = sgx_encl_find_page(mm, v->encl, v->addr, &pa);
	return page && (sgx_page_flags(page) & SGX_PAGE_BEING_RECLAIMED);
}

/* Take the mark off.  Young, so that the hand takes others first. */
static void put_back(struct sgx_mm *mm, const struct victim *v)
{
	__atomic_store_n(&sgx_page_at(mm, victim_pa(v))->flags, SGX_PAGE_YOUNG,
			 __ATOMIC_RELEASE);
}

static int block_locked(struct sgx_mm *mm, void *arg)
{
	struct victim *v = arg;
	struct epcm *epcm = epcm_of(&mm->cpu, victim_pa(v));
	struct lp lp = { .cpu = &mm->cpu };
	int ret;

	if (!is_victim(mm, v))
		return -ENOENT;
	sgx_journal_begin(v->encl, SGX_DOING_RESTRICT, victim_pa(v));
	ret = __eblock(&lp, epc_ptr(&mm->cpu, victim_pa(v)));
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
static unsigned block_all(struct sgx_mm *mm, struct batch *batch)
{
	unsigned n = 0, gone = 0;

	for (unsigned i = 0; i < batch->n; i++) {
		struct victim *v = &batch->v[i];
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
static unsigned zap_run(struct sgx_mm *mm, const struct batch *batch,
			unsigned i)
{
	const struct victim *first = &batch->v[i];
	uint64_t end = first->addr + SGX_PAGE_SIZE;

	for (i++; i < batch->n && batch->v[i].encl == first->encl &&
		  batch->v[i].addr == end; i++)
		end += SGX_PAGE_SIZE;
	sgx_encl_narrow(mm, first->encl, first->addr, end);
	return i;
}

static void zap_all(struct sgx_mm *mm, const struct batch *batch)
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
static void track(struct sgx_mm *mm, struct victim *v, struct epcm *epcm)
{
	if (v->tracked)
		return;
	sgx_journal_begin(v->encl, SGX_DOING_RESTRICT, victim_pa(v));
	secs_stamp(secs_hidden_at(&mm->cpu, v->encl->secs_pa), epcm);
	v->stamp = epcm->epoch;
	v->tracked = true;
}

/* One try, with ETRACK if needed.  It is a success if nothing is to be done. */
static int write_locked(struct sgx_mm *mm, void *arg)
{
	struct victim *v = arg;
	struct epcm *epcm = epcm_of(&mm->cpu, victim_pa(v));
	struct lp lp = { .cpu = &mm->cpu };
	int ret;

	if (!is_victim(mm, v) || v->stamp != epcm->epoch ||
	    v->token_ino != v->encl->token_ino)
		return 0;
	track(mm, v, epcm);
	ret = sgx_encl_ewb(mm, v->encl, victim_pa(v));
	if (ret != SGX_NOT_TRACKED)
		return ret;
	__etrack(&lp, epc_ptr(&mm->cpu, v->encl->secs_pa));
	return sgx_encl_ewb(mm, v->encl, victim_pa(v));
}

static int try_write(struct sgx_mm *mm, struct victim *v)
{
	return sgx_locked(mm, v->encl, write_locked, v);
}

/*
 * EWB; ETRACK and EWB; ipi and EWB.  More than one round, because another
 * thread may be tracking, or may have entered during the ipi.
 */
static bool write_out(struct sgx_mm *mm, struct victim *v)
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

/* Returns the number of pages that have left.  Afterwards they are blocked. */
static unsigned reclaim(struct sgx_mm *mm, struct batch *batch)
{
	unsigned n = block_all(mm, batch);

	zap_all(mm, batch);
	for (unsigned i = 0; i < batch->n; i++)
		n += write_out(mm, &batch->v[i]);
	return n;
}

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

/*
 * Is any page resident?  This thread may have found none, because all are young
 * or other threads' victims, or because others moved the hand.
 */
static bool could_leave(struct sgx_mm *mm)
{
	struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		struct victim v = { .addr = 0 };
		uint64_t page = 0;

		while (next_page(mm, encl, page, &v)) {
			if (!(sgx_page_flags(sgx_page_at(mm, victim_pa(&v))) &
			      SGX_PAGE_EVICTED))
				return true;
			page = (uint32_t)((v.addr - encl->base) >>
					  SGX_PAGE_SHIFT) + 1;
		}
	}
	return false;
}

/* Up to the high mark.  False: it is no use to wait. */
static bool reclaim_pages(struct sgx_mm *mm)
{
	unsigned failed = 0, left = 0, n;
	bool tried = false;

	while (sgx_epc_free(mm) < sgx_nr_high_pages(mm) && failed < ROUNDS) {
		struct batch batch = { .n = 0 };

		find_victims(mm, &batch);
		tried |= batch.n || could_leave(mm);
		if (!batch.n)
			break;
		n = reclaim(mm, &batch);
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
	struct batch batch = {
		.v = { { .encl = encl,
			 .addr = encl->base + (pa - encl->epc_base) } },
		.n = 1,
	};

	return may_wait(mm, true, reclaim(mm, &batch)) ? 0 : -ENOMEM;
}

/* Pages that the caller chooses -------------------------------------- */

static uint64_t evict_batch(struct sgx_mm *mm, struct batch *batch)
{
	uint64_t n = batch->n ? reclaim(mm, batch) : 0;

	batch->n = 0;
	return n;
}

static uint64_t evict(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		      uint64_t end)
{
	struct batch batch = { .n = 0 };
	uint64_t n = 0, addr;

	for_each_encl_page(addr, mm, encl, start, end) {
		struct victim v = { .encl = encl, .addr = addr };

		if (!isolate(mm, &v))
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
	return is_enclave(mm, encl) ? evict(mm, encl, start, end) : 0;
}
