/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ENCLS at a time: the operands of a leaf, and running it with its promises
 * checked.  For the random leaves of leaves_encls.c and the sequences of
 * leaves_sequences.c.
 */
#ifndef SWSGX_TESTS_FUZZ_LEAVES_ENCLS_H
#define SWSGX_TESTS_FUZZ_LEAVES_ENCLS_H

#include "tests/fuzz/leaves.h"

#define PT_FLAGS(pt) ((uint64_t)(pt) << SGX_SECINFO_PAGE_TYPE_SHIFT)

/* Where a build puts things, in pages of the ELRANGE. */
#define PAGE_TCS  0u /* and 1 */
#define PAGE_SSA  2u /* for each TCS three pages */
#define PAGE_DATA 8u
#define PAGE_CODE 11u
#define PAGE_END  13u

/* A leaf to be. */
struct encls {
	uint32_t leaf;
	unsigned page; /* the EPC page that RCX names */
	struct sgx_pageinfo *pageinfo;
	struct sgx_secinfo *secinfo;
	struct leaves_blob *blob;
};

/* RAX, RBX and RCX as e->leaf and e->page say; operands of zeros. */
void encls_prepare(struct leaves *l, struct encls *e);
void encls_prepare_ecreate(struct leaves *l, struct encls *e, unsigned slot,
			   unsigned variant);
/* Page number `page` of the enclave at secs_pa. */
void encls_prepare_eadd(struct leaves *l, struct encls *e, uint64_t secs_pa,
			unsigned page, uint64_t flags);
/* With a SIGSTRUCT that is right for the enclave. */
void encls_prepare_einit(struct leaves *l, struct encls *e, uint64_t secs_pa);
void encls_prepare_ewb(struct leaves *l, struct encls *e, struct input *in);

void encls_run(struct leaves *l, struct encls *e);

#endif
