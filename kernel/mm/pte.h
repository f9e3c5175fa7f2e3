/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page tables of enclave memory: the real mapping, which allows what both
 * the mapping's protection and the EPCM allow.
 */
#ifndef SWSGX_KERNEL_MM_PTE_H
#define SWSGX_KERNEL_MM_PTE_H

#include "kernel/platform/mm_types.h"

/*
 * What page tables with the protection `prot` allow, as PROT_*: on x86 every
 * accessible page can be read.
 */
int sgx_pte_prot(int prot);
/*
 * The permission that the real mapping of one page may have: page tables AND
 * EPCM.  PROT_* bits.  mm->lock held.
 */
int sgx_effective_prot(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint64_t addr);
/* The same without the lock; PROT_NONE where no enclave is mapped. */
int sgx_page_prot(struct sgx_mm *mm, uint64_t addr);

/*
 * The page tables as the model has them: what Linux's would be.
 * sgx_vma_fits(): may vma show the page at address?  *page NULL: there is no
 *	page.
 * sgx_has_pte(): does the page at address have a PTE?
 * sgx_pte_refuses(): is the access (PF_WRITE, PF_INSTR or 0) one that a page of
 *	vma refuses though it is present?
 */
bool sgx_vma_fits(struct sgx_mm *mm, const struct sgx_vma *vma,
		  uint64_t address, struct sgx_encl_page **page);
bool sgx_has_pte(struct sgx_mm *mm, const struct sgx_vma *vma,
		 uint64_t address);
bool sgx_pte_refuses(const struct sgx_vma *vma, uint32_t access);

/* Map [start, end) of vma anew.  mm->lock held. */
int sgx_map_range(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t start,
		  uint64_t end);
/* Bring its protection in line.  mm->lock held. */
int sgx_protect_range(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end);
/* The enclave has its ELRANGE now: show it in mappings made before that. */
void sgx_map_created(struct sgx_mm *mm, const struct sgx_encl *encl);

/*
 * Give the real mapping around addr (the run of pages with the same
 * permission) the permission of sgx_effective_prot().  0, or -errno of the
 * host.
 */
int sgx_sync_page(struct sgx_mm *mm, uint64_t addr);
/*
 * sgx_resync() brings all real mappings of an address space in line.  After a
 * change that made the EPCM stricter for other address spaces, the caller calls
 * sgx_resync_others().  Each of them then calls sgx_resync_if_due() before one
 * of its threads runs enclave code again.
 */
void sgx_resync(struct sgx_mm *mm);
void sgx_resync_others(struct sgx_mm *mm);
void sgx_resync_if_due(struct sgx_mm *mm);

#endif
