/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave objects and the EPC behind them, for the other files of kernel/.
 * After Linux 6.1 sgx/encl.h and sgx/sgx.h.
 *
 * encl->lock guards what an enclave's pages are and where; "locked" below means
 * that the caller holds it.  Lookups without it are fine: flags change in one
 * store, and a page that is on its way out says so first.
 */
#ifndef SWSGX_KERNEL_SGX_ENCL_H
#define SWSGX_KERNEL_SGX_ENCL_H

#include "cpu/sgx_arch.h"
#include "kernel/machine/lock.h"
#include "kernel/sgx.h"

/* What one entry of chunks, and of regions, counts. */
#define SGX_CHUNK_SIZE	(1ull << 21)
#define SGX_REGION_SIZE	(1ull << 30)

/* flags of struct sgx_encl_page */
#define SGX_PAGE_YOUNG			1u	/* used of late */
#define SGX_PAGE_BEING_RECLAIMED	2u	/* has no PTE, is to go */
#define SGX_PAGE_EVICTED		4u	/* is in the backing store */
#define SGX_PAGE_ABSENT	(SGX_PAGE_BEING_RECLAIMED | SGX_PAGE_EVICTED)

/* refuse() for who has no struct lp at hand. */
#define sgx_refuse(mm, value, reason, ...)                                \
	(sgx_because(mm, (struct why){ .text = (reason),                  \
				       .n = { __VA_ARGS__ } }),           \
	 (value))
static inline void sgx_because(const struct sgx_mm *mm, struct why why)
{
	if (mm->host->why)
		*mm->host->why() = why;
}

/* This process's number, or 0. */
static inline uint32_t sgx_current(const struct sgx_mm *mm)
{
	return mm->host->current ? mm->host->current() : 0;
}

/* Who takes a lock that processes share. */
static inline uint64_t sgx_current_id(const struct sgx_mm *mm)
{
	uint32_t process = sgx_current(mm);

	return process ? sgx_lock_id(process, mm->host->current_thread()) : 0;
}

/* section.h: the holder with this word of encl->lock need not finish. */
static inline void sgx_note_done(struct sgx_encl *encl, uint64_t word)
{
	encl->done[encl->next_done++ % SGX_DONE] = word;
}

static inline bool sgx_was_done(const struct sgx_encl *encl, uint64_t word)
{
	/* 0: it never had the lock */
	for (unsigned i = 0; word && i < SGX_DONE; i++) {
		if (__atomic_load_n(&encl->done[i], __ATOMIC_SEQ_CST) == word)
			return true;
	}
	return false;
}

/*
 * What is about to be done, in encl->journal; and that it has been.  An
 * interrupt may renew the lock's word in between.
 */
static inline void sgx_journal_begin(struct sgx_encl *encl,
				     enum sgx_journal_op op, uint64_t pa)
{
	uint64_t word;

	encl->journal.pa = pa;
	do {
		word = __atomic_load_n(&encl->lock, __ATOMIC_SEQ_CST);
		__atomic_store_n(&encl->journal.op,
				 (word & SGX_LOCK_COUNT) << 8 | op,
				 __ATOMIC_SEQ_CST);
	} while (__atomic_load_n(&encl->lock, __ATOMIC_SEQ_CST) != word);
}

static inline void sgx_journal_end(struct sgx_encl *encl)
{
	__atomic_store_n(&encl->journal.op, SGX_DOING_NOTHING,
			 __ATOMIC_SEQ_CST);
}

/* The same, if it was begun with this word in encl->lock. */
static inline void sgx_journal_close(struct sgx_encl *encl, uint64_t ticket)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	if (op && op >> 8 == (ticket & SGX_LOCK_COUNT))
		__atomic_compare_exchange_n(&encl->journal.op, &op,
					    SGX_DOING_NOTHING, false,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

/* The holder goes on under another word. */
static inline void sgx_journal_renew(struct sgx_encl *encl, uint64_t was,
				     uint64_t now)
{
	uint64_t op = __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST);

	if (op && op >> 8 == (was & SGX_LOCK_COUNT))
		__atomic_compare_exchange_n(&encl->journal.op, &op,
					    (now & SGX_LOCK_COUNT) << 8 |
						    (op & 0xff),
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

static inline enum sgx_journal_op sgx_journal_op(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->journal.op, __ATOMIC_SEQ_CST) & 0xff;
}

static inline uint8_t *sgx_scratch(const struct sgx_mm *mm,
				   const struct sgx_encl *encl)
{
	return mm->scratch + encl->index * SGX_PAGE_SIZE;
}

static inline uint32_t sgx_encl_flags(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->flags, __ATOMIC_ACQUIRE);
}

static inline struct sgx_encl *sgx_vma_encl(const struct sgx_mm *mm,
					    const struct sgx_vma *vma)
{
	return &mm->shared->encls[vma->encl];
}

/* The part of [*start, *end) that can show the EPC: what lies in ELRANGE. */
static inline bool sgx_encl_clip(const struct sgx_encl *encl, uint64_t *start,
				 uint64_t *end)
{
	if (*start < encl->base)
		*start = encl->base;
	if (*end > encl->base + encl->size)
		*end = encl->base + encl->size;
	return *start < *end;
}

/* Pages that the version arrays have room for.  Each array: 512. */
static inline uint64_t sgx_encl_slots(const struct sgx_encl *encl)
{
	return encl->nr_va * 512ull;
}

/* EPC address of the page at addr, which lies in ELRANGE. */
static inline uint64_t sgx_encl_pa(const struct sgx_encl *encl, uint64_t addr)
{
	return encl->epc_base + (addr - encl->base);
}

static inline struct sgx_encl_page *sgx_page_at(const struct sgx_mm *mm,
						uint64_t pa)
{
	return &mm->pages[pa >> SGX_PAGE_SHIFT];
}

static inline unsigned sgx_page_flags(const struct sgx_encl_page *page)
{
	return __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE);
}

/* The page is in the EPC, and to stay. */
static inline bool sgx_page_present(const struct sgx_encl_page *page)
{
	return !(sgx_page_flags(page) & SGX_PAGE_ABSENT);
}

/* What the accessed bit of a PTE would say. */
static inline void sgx_page_mark_young(struct sgx_encl_page *page)
{
	if (!(sgx_page_flags(page) & SGX_PAGE_YOUNG))
		__atomic_fetch_or(&page->flags, SGX_PAGE_YOUNG,
				  __ATOMIC_RELAXED);
}

/* encl.c ------------------------------------------------------------- */

/* The page that the enclave has at addr, and where; NULL if none. */
struct sgx_encl_page *sgx_encl_find_page(struct sgx_mm *mm,
					 const struct sgx_encl *encl,
					 uint64_t addr, uint64_t *pa);
/*
 * First address in [addr, end) that has a page; `end` if none.  Page aligned;
 * quick over emptiness, so that ELRANGEs of 1 TiB can be walked.
 */
uint64_t sgx_encl_next_page(struct sgx_mm *mm, const struct sgx_encl *encl,
			    uint64_t addr, uint64_t end);
/* The page at pa exists from now on, resident, or no longer.  Locked. */
void sgx_encl_insert_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
			  unsigned type, unsigned vm_max_prot);
void sgx_encl_erase_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/* May [start, end) be mapped with prot?  0 or -EACCES. */
int sgx_encl_may_map(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end, int prot);

/* load.c ------------------------------------------------------------- */

/*
 * Bring the page at pa, or the SECS, into the EPC.  Locked.  0; -EBUSY: it is
 * just going, or no EPC page is free (sgx_encl_wait() then); -EFAULT: it can
 * never be loaded.
 */
int sgx_encl_load_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
int sgx_encl_load_secs(struct sgx_mm *mm, struct sgx_encl *encl);
/* EAUG at addr, where no page is.  Locked; results as above. */
int sgx_encl_eaug_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t addr);
/*
 * After -EBUSY at pa, not locked: do something about it.  0: try again;
 * -ENOMEM: the EPC is full of what cannot leave.
 */
int sgx_encl_wait(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);

/* va.c --------------------------------------------------------------- */

/*
 * Version arrays for `slots` pages in all.  Locked.  0; -EBUSY: no EPC page;
 * -EIO: EPA faulted.
 */
int sgx_encl_grow(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t slots);
/* EREMOVE them. */
void sgx_encl_free_va(struct sgx_mm *mm, struct sgx_encl *encl);
/* A free slot, which is taken with that; there always is one. */
uint32_t sgx_alloc_va_slot(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_free_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot);
/* All anew: none is taken; this one is.  recover.c */
void sgx_clear_va_slots(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_take_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot);
/* The slot itself, for EWB and ELDU. */
void *sgx_va_slot(const struct sgx_mm *mm, const struct sgx_encl *encl,
		  uint32_t slot);

/* leaf.c ------------------------------------------------------------- */

/*
 * ENCLU as the processor executes it: enclu(), so that whoever takes a page
 * away at the same time has either been before it or waits for nobody.  lp is
 * PARKED, or in no enclave, before and after.
 */
int sgx_enclu(struct sgx_mm *mm, struct lp *lp);

/* swap.c ------------------------------------------------------------- */

/*
 * Write the blocked page at pa out, and then the SECS if that was its last
 * page.  Locked.  0: it has left (or was lost with the EPC: then it cannot be
 * loaded again); else what EWB returned.
 */
int sgx_encl_ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/*
 * Load what was written out from pa, a page of linear address `linaddr`, or
 * the SECS with linaddr 0.  Locked, SECS resident.  As sgx_encl_load_page().
 */
int sgx_encl_eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		  uint64_t linaddr);
/* What EADD is about to do at pa.  recover.c */
void sgx_journal_eadd(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/* A page's EWB or ELDU was interrupted: finish it, or undo it.  Locked. */
void sgx_encl_recover_paging(struct sgx_mm *mm, struct sgx_encl *encl);

/* track.c ------------------------------------------------------------ */

/*
 * The EPCM has become stricter for [start, end) of the enclave: the real
 * mappings of this address space follow.  Not locked.
 */
void sgx_encl_narrow(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end);
/* Do address spaces other than this one map the enclave? */
bool sgx_encl_mapped_elsewhere(struct sgx_mm *mm, const struct sgx_encl *encl);
/*
 * Who is RUNNING in the enclave, and joined it before now, is interrupted, and
 * other address spaces follow the EPCM before they run its code.  Not locked.
 */
void sgx_encl_ipi(struct sgx_mm *mm, struct sgx_encl *encl);
/* ETRACK and ipi: what was stricter before is in force now.  0 or -EFAULT. */
int sgx_enclave_etrack(struct sgx_mm *mm, struct sgx_encl *encl);

/* main.c, reclaim.c -------------------------------------------------- */

/* One EPC page of the budget, for encl: 0, or -EBUSY if none is free. */
int sgx_take_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
/* The same, making room if need be: 0, -ENOMEM, -ERESTARTSYS.  Not locked. */
int sgx_alloc_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_free_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
/* What is charged becomes `pages`. */
void sgx_settle_epc_pages(struct sgx_mm *mm, struct sgx_encl *encl,
			  uint64_t pages);
uint64_t sgx_epc_free(const struct sgx_mm *mm);
/* Free EPC pages below which, and up to which, pages are reclaimed. */
uint64_t sgx_nr_low_pages(const struct sgx_mm *mm);
uint64_t sgx_nr_high_pages(const struct sgx_mm *mm);
/*
 * Physical space for an enclave of `size` bytes, a multiple of the page size:
 * sets secs_pa, epc_base and size.  0 or -ENOMEM.
 */
int sgx_epc_reserve(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t size);
/* Give the physical space back; its pages are gone. */
void sgx_epc_release(struct sgx_mm *mm, struct sgx_encl *encl);

/*
 * Write pages out until enough are free, or wait for somebody who does.  0:
 * try again; -ENOMEM: nothing can leave.  Not locked.
 */
int sgx_make_room(struct sgx_mm *mm);
/* The page at pa of encl is on its way out: see that it arrives.  As above. */
int sgx_finish_reclaim(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);

/* pte.c -------------------------------------------------------------- */

/*
 * What page tables with the protection `prot` allow, as PROT_*: on x86 every
 * accessible page can be read.
 */
int sgx_pte_prot(int prot);
/* Make the real mapping of [start, end) in vma anew.  mm->lock held. */
int sgx_map_range(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t start,
		  uint64_t end);
/* Bring its protection in line.  mm->lock held. */
int sgx_protect_range(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end);
/* The enclave has got its ELRANGE: show it in the mappings made before. */
void sgx_map_created(struct sgx_mm *mm, const struct sgx_encl *encl);

#endif
