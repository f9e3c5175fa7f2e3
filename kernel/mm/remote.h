/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave mappings of another address space, read by whatever means there are,
 * and the enclaves that are mapped in a range of this one.
 */
#ifndef SWSGX_KERNEL_MM_REMOTE_H
#define SWSGX_KERNEL_MM_REMOTE_H

#include "kernel/platform/mm_types.h"

/*
 * read(id, to, from, n): copies n bytes of the other address space; false if
 * it cannot.  That space may change meanwhile, so what is found may be old.
 */
struct sgx_remote {
	bool (*read)(uint32_t id, void *to, uint64_t from, size_t n);
	uint32_t id;
	uint32_t nr_vmas;
	uint64_t vmas;
};

/* The mappings of the struct sgx_mm at `mm`; `read` and `id` are set. */
bool sgx_remote_open(struct sgx_remote *remote, uint64_t mm);
/* Its first mapping that ends above addr.  False: there is none. */
bool sgx_remote_vma(const struct sgx_remote *remote, uint64_t addr,
		    struct sgx_vma *vma);

/* An enclave, as far as it is mapped in a range. */
struct sgx_mapped {
	uint32_t encl;
	uint64_t start, end; /* of the range */
	uint64_t next;       /* where to look for another one */
};

/*
 * The first enclave with a mapping in [start, end).  False: there is none.
 * Takes mm->lock.
 */
bool sgx_next_enclave(struct sgx_mm *mm, uint64_t start, uint64_t end,
		      struct sgx_mapped *mapped);

#endif
