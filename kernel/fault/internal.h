/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of this room share: exc.c decides, walk.c asks the page
 * tables, fault.c does what Linux does, ahead.c loads what will be wanted next,
 * retry.c says when a refusal does not count.
 */
#ifndef SWSGX_KERNEL_FAULT_INTERNAL_H
#define SWSGX_KERNEL_FAULT_INTERNAL_H

#include "kernel/fault/fault.h"

/* One fault on its way through this room. */
struct page_fault {
	struct sgx_mm *mm;
	struct lp *lp;
	struct fault_retries *retries;
	uint64_t address;
	struct ksignal *signal; /* out, with FAULT_SIGNAL */
	/* After do_user_addr_fault(), with FAULT_RETRY: there is a PTE. */
	bool has_pte;
};

/*
 * walk.c.  fault_find_vma() copies the mapping, because mm->lock cannot be held
 * over what follows.
 * fault_present(): the P bit for an access at address that the host refused
 *	with `hw_code`.
 * fault_key_denies(): does the thread's PKRU deny this access to the mapping?
 */
bool fault_find_vma(struct sgx_mm *mm, uint64_t address, struct sgx_vma *copy);
uint32_t fault_present(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint32_t hw_code, uint64_t address);
bool fault_key_denies(const struct lp *lp, const struct sgx_vma *vma,
		      uint32_t access);

/*
 * fault.c.  do_user_addr_fault(): what Linux does about the processor's #PF.
 * FAULT_RETRY: the access is to be made again.
 * force_sig_fault(), do_sigbus(): the program gets this signal.
 */
enum fault_outcome do_user_addr_fault(struct page_fault *f,
				      uint32_t error_code);
enum fault_outcome force_sig_fault(struct page_fault *f, int sig, int code,
				   uint32_t error_code);
enum fault_outcome do_sigbus(struct page_fault *f, uint32_t error_code);

/* ahead.c.  A page of vma at f->address is there now; so will be the next. */
void fault_ahead(const struct page_fault *f, const struct sgx_vma *vma);

/*
 * retry.c.  Each says whether the access or the leaf must be made again, and
 * counts that it is.
 * retry_mended(): the real mapping was just corrected for it.  False: that has
 *	not helped so often that it never will.
 * retry_after_paging(): another thread's paging may be the reason for the
 *	refusal.
 * retry_after_death(): the TCS of an EENTER or ERESUME was busy with a thread
 *	that is dead.
 */
bool retry_mended(const struct page_fault *f);
bool retry_after_paging(const struct page_fault *f);
bool retry_after_death(const struct page_fault *f);

#endif
