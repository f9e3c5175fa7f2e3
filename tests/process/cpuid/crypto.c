/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libcrypto asks CPUID what code to choose, and has tables in .text: it must
 * go on giving right answers.  FIPS 180-4 and FIPS 197 examples; ECDSA.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "tests/process/fixture/check.h"

static void sha256(void)
{
	static const unsigned char want[] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	unsigned char got[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)"abc", 3, got);
	CHECK(memcmp(got, want, sizeof(want)) == 0);
}

static void aes128(void)
{
	static const unsigned char want[] = {
		0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
		0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a,
	};
	unsigned char key[16], in[16], got[32];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, i;

	for (i = 0; i < 16; i++) {
		key[i] = (unsigned char)i;
		in[i] = (unsigned char)(i * 0x11);
	}
	CHECK(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL));
	CHECK(EVP_EncryptUpdate(ctx, got, &n, in, 16));
	CHECK_EQ(n, 16);
	CHECK(memcmp(got, want, sizeof(want)) == 0);
	EVP_CIPHER_CTX_free(ctx);
}

/* The tables of P-256 lie in .text, and have 0F A2 in them. */
static void p256(void)
{
	static const unsigned char digest[32] = { 1, 2, 3 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char sig[128];
	size_t n = sizeof(sig);

	CHECK(EVP_PKEY_sign_init(ctx) > 0);
	CHECK(EVP_PKEY_sign(ctx, sig, &n, digest, sizeof(digest)) > 0);
	CHECK(EVP_PKEY_verify_init(ctx) > 0);
	CHECK_EQ(EVP_PKEY_verify(ctx, sig, n, digest, sizeof(digest)), 1);
	sig[n - 1] ^= 1;
	CHECK(EVP_PKEY_verify(ctx, sig, n, digest, sizeof(digest)) != 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}

int main(void)
{
	int i;

	check_timeout(40);
	sha256();
	aes128();
	for (i = 0; i < 20; i++)
		p256();
	return check_result();
}
