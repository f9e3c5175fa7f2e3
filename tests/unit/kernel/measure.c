/* SPDX-License-Identifier: BSD-3-Clause */
/* MRENCLAVE by the book, over OpenSSL's SHA-256. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "measure.h"

#include <openssl/sha.h>
#include <string.h>

static SHA256_CTX sha;

static void update(const char *tag, const void *rest, size_t n)
{
	uint8_t block[64] = { 0 };

	memcpy(block, tag, strlen(tag));
	memcpy(block + 8, rest, n);
	SHA256_Update(&sha, block, sizeof(block));
}

void measure_create(const struct sgx_secs *secs)
{
	uint8_t rest[12];

	memcpy(rest, &secs->ssaframesize, 4);
	memcpy(rest + 4, &secs->size, 8);
	SHA256_Init(&sha);
	update("ECREATE", rest, sizeof(rest));
}

static void extend(uint64_t offset, const uint8_t *chunk)
{
	update("EEXTEND", &offset, sizeof(offset));
	SHA256_Update(&sha, chunk, 256);
}

void measure_page(uint64_t offset, uint64_t secinfo_flags,
		  const uint8_t content[4096])
{
	uint64_t rest[7] = { offset, secinfo_flags };

	update("EADD", rest, sizeof(rest));
	for (unsigned i = 0; i < 4096; i += 256)
		extend(offset + i, content + i);
}

void measure_end(uint8_t digest[32])
{
	SHA256_CTX copy = sha;

	SHA256_Final(digest, &copy);
}
