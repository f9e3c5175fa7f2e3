/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fixture, continued: code that goes by XCR0, for an enclave whose XFRM is
 * less than that.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_CODE_H
#define SWSGX_TESTS_UNIT_KERNEL_CODE_H

#include "sgx2.h"

#define CODE_SITES 3u

/* Where site i is in a page of such code: at an XSAVEC, XRSTOR64, XGETBV. */
unsigned code_site(unsigned i);

/* Such code, as it was made. */
void code_make(uint8_t *page);

/*
 * The page at addr is such code, and the enclave one that is patched; nobody
 * has looked at it.
 */
void code_put(uint64_t addr);

/* It is as it was made; but for that: how many sites are patched. */
unsigned code_patched(uint64_t addr);

#endif
