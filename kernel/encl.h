/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave objects and the EPC behind them, for the other files of kernel/.
 * After Linux 6.1 sgx/encl.h and sgx/sgx.h.
 */
#ifndef SWSGX_KERNEL_ENCL_H
#define SWSGX_KERNEL_ENCL_H

#include "cpu/sgx_arch.h"
#include "kernel/sgx.h"

#define SGX_CHUNK_SIZE	(1ull << 21)	/* what one entry of chunks counts */

static inline uint32_t sgx_encl_flags(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->flags, __ATOMIC_ACQUIRE);
}

static inline struct sgx_encl *sgx_vma_encl(const struct sgx_mm *mm,
					    const struct sgx_vma *vma)
{
	return &mm->shared->encls[vma->encl];
}

/* EPC address of the page at addr, which lies in ELRANGE. */
static inline uint64_t sgx_encl_pa(const struct sgx_encl *encl, uint64_t addr)
{
	return encl->epc_base + (addr - encl->base);
}

/* encl.c ------------------------------------------------------------- */

/* The page that the enclave has at addr, and where; NULL if none. */
struct sgx_encl_page *sgx_encl_load_page(struct sgx_mm *mm,
					 const struct sgx_encl *encl,
					 uint64_t addr, uint64_t *pa);
/*
 * First address in [addr, end) that has a page; `end` if none.  Page aligned;
 * quick over emptiness, so that ELRANGEs of 1 TiB can be walked.
 */
uint64_t sgx_encl_next_page(struct sgx_mm *mm, const struct sgx_encl *encl,
			    uint64_t addr, uint64_t end);
/* The page at pa exists from now on, or no longer. */
void sgx_encl_insert_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa,
			  unsigned type, unsigned vm_max_prot);
void sgx_encl_erase_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t pa);
/* May [start, end) be mapped with prot?  0 or -EACCES. */
int sgx_encl_may_map(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end, int prot);

/* main.c ------------------------------------------------------------- */

/* One EPC page of the budget, for encl: 0 or -ENOMEM. */
int sgx_alloc_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_free_epc_page(struct sgx_mm *mm, struct sgx_encl *encl);
/*
 * Physical space for an enclave of `size` bytes, a multiple of the page size:
 * sets secs_pa, epc_base and size.  0 or -ENOMEM.
 */
int sgx_epc_reserve(struct sgx_shared *shared, struct sgx_encl *encl,
		    uint64_t size);
/* Give the physical space back; its pages are gone. */
void sgx_epc_release(struct sgx_mm *mm, struct sgx_encl *encl);

/* pte.c -------------------------------------------------------------- */

/*
 * What page tables with the protection `prot` allow, as PROT_*: on x86 every
 * accessible page can be read.
 */
int sgx_pte_prot(int prot);
/* Make the real mapping of [start, end) in vma anew.  mm->lock held. */
int sgx_map_range(struct sgx_mm *mm, struct sgx_vma *vma, uint64_t start,
		  uint64_t end);
/* Bring the protection of what exists in line.  mm->lock held. */
int sgx_protect_range(struct sgx_mm *mm, const struct sgx_vma *vma,
		      uint64_t start, uint64_t end);
/* The enclave has got its ELRANGE: show it in the mappings made before. */
int sgx_map_created(struct sgx_mm *mm, const struct sgx_encl *encl);

#endif
