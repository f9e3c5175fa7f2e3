/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave objects and the EPC behind them, for the other files of kernel/.
 * After Linux 6.1 sgx/encl.h and sgx/sgx.h.
 *
 * encl->lock guards what an enclave's pages are and where they are.  "Locked"
 * below means that the caller holds it.
 */
#ifndef SWSGX_KERNEL_SGX_ENCL_H
#define SWSGX_KERNEL_SGX_ENCL_H

#include "cpu/sgx_arch.h"
#include "kernel/mm/encl_page.h"
#include "kernel/platform/journal.h"
#include "kernel/sgx/driver.h"

static inline uint8_t *sgx_scratch(const struct sgx_mm *mm,
				   const struct sgx_encl *encl)
{
	return mm->scratch + encl->index * SGX_PAGE_SIZE;
}

#define SGX_VA_SLOT_COUNT 512u /* of one version array */

/* Pages that the version arrays have room for. */
static inline uint64_t sgx_encl_slots(const struct sgx_encl *encl)
{
	return (uint64_t)encl->nr_va * SGX_VA_SLOT_COUNT;
}

/* load.c ------------------------------------------------------------- */

/*
 * Bring the page at pa, or the SECS, into the EPC.  Locked.  0; -EBUSY: it is
 * leaving, or no EPC page is free (call sgx_encl_wait() then); -EFAULT: it can
 * never be loaded.
 */
int sgx_encl_load_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
int sgx_encl_load_secs(struct sgx_mm *mm, struct sgx_encl *encl);
/* EAUG at addr, where there is no page.  Locked; results as above. */
int sgx_encl_eaug_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t addr);
/*
 * After -EBUSY at pa, not locked: remove the reason.  0: try again; -ENOMEM:
 * the EPC is full of what cannot leave.
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
/* Takes a free slot; there always is one. */
uint32_t sgx_alloc_va_slot(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_free_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot);
/* recover.c: no slot is in use; this one is. */
void sgx_clear_va_slots(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_take_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot);
/* The slot itself, for EWB and ELDU. */
void *sgx_va_slot(const struct sgx_mm *mm, const struct sgx_encl *encl,
		  uint32_t slot);

/* give_back.c --------------------------------------------------------- */

/* The page at addr is about to be removed.  Locked. */
void sgx_note_removed(struct sgx_encl *encl, uint64_t addr);

/* swap.c ------------------------------------------------------------- */

/*
 * Write the blocked page at pa out, and the SECS after the last page.  Locked.
 * 0: it has left (if it was lost with the EPC, it cannot be loaded again); else
 * what EWB returned.
 */
int sgx_encl_ewb(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/*
 * Load what was written out from pa: the page of linear address `linaddr`, or
 * the SECS (linaddr 0).  Locked, SECS resident.  As sgx_encl_load_page().
 */
int sgx_encl_eldu(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
		  uint64_t linaddr);
/* What EADD is about to do at pa.  recover.c */
void sgx_journal_eadd(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/* A page's EWB or ELDU was interrupted: finish or undo it.  Locked. */
void sgx_encl_recover_paging(struct sgx_mm *mm, struct sgx_encl *encl);

/* track.c ------------------------------------------------------------ */

/*
 * The EPCM has become stricter for [start, end) of the enclave: make the real
 * mappings of this address space follow.  Not locked.
 */
void sgx_encl_narrow(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end);
/* Do address spaces other than this one map the enclave? */
bool sgx_encl_mapped_elsewhere(struct sgx_mm *mm, const struct sgx_encl *encl);
/*
 * Interrupt the processors that are RUNNING in the enclave and joined it before
 * now.  Other address spaces follow the EPCM before they run its code.  Not
 * locked.  False: some could not be reached, and run as before.
 */
bool sgx_encl_ipi(struct sgx_mm *mm, struct sgx_encl *encl);
/* ETRACK and ipi: earlier changes are in force now.  0 or -EFAULT. */
int sgx_enclave_etrack(struct sgx_mm *mm, struct sgx_encl *encl);

/* recover.c ---------------------------------------------------------- */

/*
 * The caller has just taken encl->lock from a thread in the middle of its work.
 * If the work is finished, it is noted as done by the thread that began it.
 */
void sgx_encl_recover(struct sgx_mm *mm, struct sgx_encl *encl);

/* main.c, reclaim.c -------------------------------------------------- */

/* One EPC page of the budget, for encl: 0, or -EBUSY if none is free. */
int sgx_take_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
/* The same, but makes room: 0, -ENOMEM, -ERESTARTSYS.  Not locked. */
int sgx_alloc_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_free_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
/* The enclave is charged `pages` from now on. */
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
/* Give the physical space back.  Its pages are gone. */
void sgx_epc_release(struct sgx_mm *mm, struct sgx_encl *encl);

/*
 * Write pages out until enough are free, or wait for another thread that does.
 * 0: try again; -ENOMEM: nothing can leave.  Not locked.
 */
int sgx_make_room(struct sgx_mm *mm);
/* The page at pa of encl is leaving: help it to leave.  As above. */
int sgx_finish_reclaim(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);

#endif
