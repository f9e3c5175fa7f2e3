/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages that leave the EPC, step by step: victim.c chooses them, write_out.c
 * writes them out, reclaim.c says when, and how long to try.
 */
#ifndef SWSGX_KERNEL_SGX_RECLAIM_H
#define SWSGX_KERNEL_SGX_RECLAIM_H

#include "kernel/sgx/encl.h"

#define SGX_NR_TO_SCAN 16

struct sgx_victim {
	struct sgx_encl *encl;
	uint64_t addr;
	/*
	 * Of the EPCM entry and of the enclave, when the page was blocked.  If
	 * they differ now, the page has left and come back, with new mappings,
	 * or belongs to another enclave.
	 */
	uint32_t stamp;
	uint64_t token_ino;
	bool tracked; /* stamped again since then */
};

struct sgx_batch {
	struct sgx_victim v[SGX_NR_TO_SCAN];
	unsigned n;
};

static inline uint64_t sgx_victim_pa(const struct sgx_victim *v)
{
	return sgx_encl_pa(v->encl, v->addr);
}

/* victim.c ----------------------------------------------------------- */

/* An enclave file on which CREATE has been done. */
bool sgx_is_enclave(const struct sgx_mm *mm, const struct sgx_encl *encl);
/* Choose old pages, and isolate them; no more than SGX_NR_TO_SCAN. */
void sgx_find_victims(struct sgx_mm *mm, struct sgx_batch *batch);
/* Mark the page.  False: it does not exist, or is not resident. */
bool sgx_isolate(struct sgx_mm *mm, struct sgx_victim *v);
/*
 * Is any page resident?  sgx_find_victims() may have found none, because all
 * are young or other threads' victims, or because others moved the hand.
 */
bool sgx_could_leave(struct sgx_mm *mm);

/* write_out.c -------------------------------------------------------- */

/*
 * Write the batch out.  Returns how many pages have left; the batch is then
 * those that were blocked.
 */
unsigned sgx_reclaim(struct sgx_mm *mm, struct sgx_batch *batch);

#endif
