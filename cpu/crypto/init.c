/* SPDX-License-Identifier: BSD-3-Clause */
/* The first calls into nettle, made deliberately; see init.h for why. */
#include "cpu/crypto/init.h"

#include "cpu/crypto/aes_cmac.h"
#include "cpu/crypto/aes_gcm.h"
#include "cpu/crypto/sha256.h"

void cpu_crypto_init(void)
{
	static const uint8_t block[64];
	const struct aes_gcm gcm = {
		.key = block,
		.iv = block,
		.aad = block,
		.aad_size = 16,
	};
	struct sha256 sha256;
	uint8_t digest[32], text[16];

	sha256_begin(&sha256);
	sha256_add(&sha256, block, sizeof(block));
	sha256_end(&sha256, digest);
	aes_cmac(block, block, sizeof(block), digest);
	aes_gcm_encrypt(&gcm, block, text, sizeof(text), digest);
}
