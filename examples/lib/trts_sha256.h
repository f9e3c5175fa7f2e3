/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 of a short message, for inside an enclave.  Source: FIPS 180-4. */
#ifndef SWSGX_EXAMPLES_LIB_TRTS_SHA256_H
#define SWSGX_EXAMPLES_LIB_TRTS_SHA256_H

#include <stddef.h>
#include <stdint.h>

void sha256(const void *message, size_t length, uint8_t digest[32]);

#endif
