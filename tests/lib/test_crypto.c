/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger enclave's own AES-GCM and SHA-256, against published vectors (the
 * GCM specification's test cases 1, 2; FIPS 180's "abc") and OpenSSL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "examples/lib/trts_aes_gcm.h"
#include "examples/lib/trts_sha256.h"

#define MAX 300

static void fill(uint8_t *p, size_t n)
{
	while (n--)
		*p++ = (uint8_t)(rand() >> 7);
}

static void gcm_published(void **state)
{
	static const uint8_t zero[16], iv[12];
	static const uint8_t tag1[16] = {
		0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61,
		0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7, 0x45, 0x5a,
	};
	static const uint8_t text2[16] = {
		0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92,
		0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78,
	};
	static const uint8_t tag2[16] = {
		0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec, 0x13, 0xbd,
		0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf,
	};
	struct aes_gcm_aad none = { NULL, 0 };
	uint8_t out[16], tag[16];

	(void)state;
	aes_gcm_seal(zero, iv, none, zero, out, 0, tag);
	assert_memory_equal(tag, tag1, 16);
	aes_gcm_seal(zero, iv, none, zero, out, 16, tag);
	assert_memory_equal(out, text2, 16);
	assert_memory_equal(tag, tag2, 16);
}

static void openssl_gcm(const uint8_t *key, const uint8_t *iv,
			const uint8_t *aad, int aad_length, const uint8_t *in,
			uint8_t *out, int length, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key,
					    iv),
			 1);
	EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_length);
	EVP_EncryptUpdate(ctx, out, &n, in, length);
	EVP_EncryptFinal_ex(ctx, out + n, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag);
	EVP_CIPHER_CTX_free(ctx);
}

static void gcm_one_length(size_t length, size_t aad_length)
{
	uint8_t key[16], iv[12], aad[MAX], in[MAX], out[MAX], back[MAX];
	uint8_t expected[MAX], tag[16], expected_tag[16];
	struct aes_gcm_aad a = { aad, aad_length };

	fill(key, sizeof(key));
	fill(iv, sizeof(iv));
	fill(aad, sizeof(aad));
	fill(in, sizeof(in));
	aes_gcm_seal(key, iv, a, in, out, length, tag);
	openssl_gcm(key, iv, aad, (int)aad_length, in, expected, (int)length,
		    expected_tag);
	assert_memory_equal(out, expected, length);
	assert_memory_equal(tag, expected_tag, 16);
	assert_int_equal(aes_gcm_open(key, iv, a, out, back, length, tag), 0);
	assert_memory_equal(back, in, length);
}

static void gcm_like_openssl(void **state)
{
	size_t length, aad_length;

	(void)state;
	for (length = 0; length < 70; length++)
		for (aad_length = 0; aad_length < 40; aad_length += 3)
			gcm_one_length(length, aad_length);
	gcm_one_length(MAX, MAX);
}

/* Any single bit changed, anywhere, is noticed, and nothing comes out. */
static void gcm_notices_changes(void **state)
{
	uint8_t key[16], iv[12], aad[20], text[40], tag[16];
	uint8_t *parts[] = { key, iv, aad, text, tag };
	size_t sizes[] = { 16, 12, 20, 40, 16 };
	struct aes_gcm_aad a = { aad, sizeof(aad) };
	uint8_t back[40], untouched[40];
	unsigned p;
	size_t bit;

	(void)state;
	fill(key, sizeof(key));
	fill(iv, sizeof(iv));
	fill(aad, sizeof(aad));
	fill(text, sizeof(text));
	aes_gcm_seal(key, iv, a, text, text, sizeof(text), tag);
	memset(back, 0x5a, sizeof(back));
	memset(untouched, 0x5a, sizeof(untouched));
	for (p = 0; p < 5; p++) {
		for (bit = 0; bit < 8 * sizes[p]; bit++) {
			parts[p][bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(aes_gcm_open(key, iv, a, text, back,
						      sizeof(text), tag),
					 -1);
			parts[p][bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_memory_equal(back, untouched, sizeof(back));
	assert_int_equal(aes_gcm_open(key, iv, a, text, back, sizeof(text),
				      tag),
			 0);
}

static void sha256_published(void **state)
{
	static const uint8_t expected[32] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	uint8_t digest[32];

	(void)state;
	sha256("abc", 3, digest);
	assert_memory_equal(digest, expected, 32);
}

static void sha256_like_openssl(void **state)
{
	uint8_t text[MAX], digest[32], expected[32];
	size_t n;

	(void)state;
	for (n = 0; n < MAX; n++) {
		fill(text, n);
		sha256(text, n, digest);
		EVP_Digest(text, n, expected, NULL, EVP_sha256(), NULL);
		assert_memory_equal(digest, expected, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_published),
		cmocka_unit_test(gcm_like_openssl),
		cmocka_unit_test(gcm_notices_changes),
		cmocka_unit_test(sha256_published),
		cmocka_unit_test(sha256_like_openssl),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
