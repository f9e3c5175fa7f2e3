/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MRENCLAVE, computed a second time with OpenSSL, and not by cpu/: what the
 * driver builds must be what a signing tool foretold.  SDM "MRENCLAVE".
 */
#ifndef SWSGX_TESTS_UNIT_KERNEL_MEASURE_H
#define SWSGX_TESTS_UNIT_KERNEL_MEASURE_H

#include <stdint.h>

#include "cpu/sgx_arch.h"

void measure_create(const struct sgx_secs *secs);
void measure_page(uint64_t offset, uint64_t secinfo_flags,
		  const uint8_t content[4096]);
void measure_end(uint8_t digest[32]);

#endif
