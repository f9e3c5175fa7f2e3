/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fixture, continued: code that depends on XCR0, for an enclave whose XFRM
 * is less than XCR0.
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_CODE_H
#define SWSGX_TESTS_UNIT_KERNEL_CODE_H

#include "sgx2.h"

#define CODE_SITES 3u

/* Offset of site i in a page of such code: an XSAVEC, XRSTOR64, XGETBV. */
unsigned code_site(unsigned i);

/* Fill a page with such code. */
void code_make(uint8_t *page);

/*
 * Put such code into the page at addr, not examined yet, and make the enclave
 * one that is patched.
 */
void code_put(uint64_t addr);

/* How many sites are patched.  Checks that the other bytes are unchanged. */
unsigned code_patched(uint64_t addr);

#endif
