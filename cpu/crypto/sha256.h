/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 (FIPS 180-4), over nettle.  The state is plain data without
 * pointers: it may lie in an EPC page and be continued by another process.
 */
#ifndef SWSGX_CPU_CRYPTO_SHA256_H
#define SWSGX_CPU_CRYPTO_SHA256_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

struct sha256 {
	struct sha256_ctx ctx;
};

void sha256_begin(struct sha256 *sha256);
void sha256_add(struct sha256 *sha256, const void *data, size_t n);
/* The digest of what was added so far; *sha256 itself goes on unchanged. */
void sha256_end(const struct sha256 *sha256, uint8_t digest[32]);

#endif
