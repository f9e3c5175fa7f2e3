/* SPDX-License-Identifier: BSD-3-Clause */
#include "cpu/crypto/sha256.h"

void sha256_begin(struct sha256 *sha256)
{
	sha256_init(&sha256->ctx);
}

void sha256_add(struct sha256 *sha256, const void *data, size_t n)
{
	sha256_update(&sha256->ctx, n, data);
}

void sha256_end(const struct sha256 *sha256, uint8_t digest[32])
{
	struct sha256_ctx last = sha256->ctx;

	sha256_digest(&last, 32, digest);
}
