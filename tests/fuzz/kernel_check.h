/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold of the kernel layer between two calls, on the machine of the
 * unit tests (tests/unit/kernel): one address space, a modelled host, the real
 * processor.
 */
#ifndef SWSGX_TESTS_FUZZ_KERNEL_CHECK_H
#define SWSGX_TESTS_FUZZ_KERNEL_CHECK_H

#include "tests/fuzz/input.h"
#include "tests/unit/kernel/fixture.h"

#define ENCLS 3u /* enclave files that a fuzzer opens */

/*
 * mremap() as the program makes it: the kernel layer first and, where it says
 * so, the host.  Not made at all of an address where nothing is mapped: what
 * the host then refuses, the kernel layer has forgotten (DEVIATIONS, DK12).
 */
int64_t kernel_mremap(struct sgx_mm *mm, uint64_t old, uint64_t old_len,
		      uint64_t new_len, int flags, uint64_t new_addr);

/*
 * The list of mappings: sorted, disjoint, within bounds, pinned exactly where
 * something is mapped; no lock is held.
 */
void kernel_check_vmas(const struct sgx_mm *mm);
/*
 * The real mappings: enclave memory shows through where a mapping of that very
 * enclave is, each page of it at its own address, and never with more
 * permission than page tables and EPCM both give.
 */
void kernel_check_real(struct sgx_mm *mm);
/*
 * Pages: what is charged to enclaves and what is free make up the EPC; every
 * page an enclave has is described as its own by the EPCM, unless `lost`.
 */
void kernel_check_pages(struct sgx_mm *mm, bool lost);
/* Unmap and release everything: the EPC must be whole again. */
void kernel_check_end(struct sgx_mm *mm);

#endif
