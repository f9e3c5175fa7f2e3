/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two views of the EPC: a thread in its enclave sees the pages, everybody
 * else sees the abort page (view.c).
 */
#ifndef SWSGX_KERNEL_MM_VIEW_H
#define SWSGX_KERNEL_MM_VIEW_H

#include "kernel/platform/mm_types.h"

enum sgx_view {
	/* DEVIATION DP1: code outside sees what the enclave may use. */
	SGX_VIEW_SHARED,
	/*
	 * A key that only threads inside may use.  The caller of the kernel
	 * layer opens and closes it, because it is in the thread's registers.
	 */
	SGX_VIEW_KEY,
	/* No real access while nobody is inside.  DEVIATION DP14, DP15. */
	SGX_VIEW_HIDDEN,
};

/* Before anything is mapped.  `pkey`: the host's, for SGX_VIEW_KEY. */
void sgx_view_init(struct sgx_mm *mm, enum sgx_view view, int pkey);

/* A thread of this address space enters an enclave, or has left it. */
void sgx_view_enter(struct sgx_mm *mm);
void sgx_view_leave(struct sgx_mm *mm);

/*
 * pte.c, with mm->lock held: the real mapping of [start, end) allows at most
 * `prot`.  0 or -errno of the host.
 */
int sgx_view_protect(struct sgx_mm *mm, const struct sgx_vma *vma,
		     uint64_t start, uint64_t end, int prot);

/*
 * How many bytes from addr on, at most len, are abort page to code outside.
 */
uint64_t sgx_abort_pages(struct sgx_mm *mm, uint64_t addr, uint64_t len);

/* pte.c, likewise: give the pages there what they may have. */
int sgx_show_range(struct sgx_mm *mm, const struct sgx_vma *vma, uint64_t start,
		   uint64_t end);

#endif
