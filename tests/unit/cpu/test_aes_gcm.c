/* SPDX-License-Identifier: BSD-3-Clause */
/* cpu/crypto/aes_gcm.c against published vectors and against OpenSSL. */
#include "tests/unit/cpu/fixture.h"

#include <stdlib.h>

#include <openssl/rand.h>

#include "cpu/crypto/aes_gcm.h"
#include "cpu/crypto/init.h"
#include "tests/conform/conform.h"
#include "tests/unit/cpu/signer.h"

static size_t from_hex(uint8_t *to, const char *hex)
{
	char digits[3] = { 0 };
	size_t n;

	for (n = 0; hex[2 * n]; n++) {
		memcpy(digits, hex + 2 * n, 2);
		to[n] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

#define PLAIN_60 \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define CIPHER_60 \
	"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" \
	"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"

/* NIST's "The Galois/Counter Mode of Operation (GCM)", test cases 1 to 4. */
static const struct vector {
	const char *key, *iv, *aad, *plain, *cipher, *mac;
} vectors[] = {
	{ "00000000000000000000000000000000", "000000000000000000000000", "",
	  "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ "00000000000000000000000000000000", "000000000000000000000000", "",
	  "00000000000000000000000000000000",
	  "0388dace60b6a392f328c2b971b2fe78",
	  "ab6e47d42cec13bdf53a67b21257bddf" },
	{ "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
	  PLAIN_60 "1aafd255", CIPHER_60 "473f5985",
	  "4d5c2af327cd64a62cf35abd2ba6fab4" },
	{ "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	  "feedfacedeadbeeffeedfacedeadbeefabaddad2", PLAIN_60, CIPHER_60,
	  "5bc94fbc3221a5db94fae95ae7121a47" },
};

static void check_vector(const struct vector *vector)
{
	uint8_t key[16], iv[12], aad[32], plain[64], cipher[64], golden[64];
	uint8_t mac[16], golden_mac[16];
	struct aes_gcm gcm = { .key = key, .iv = iv, .aad = aad };
	size_t n;

	from_hex(key, vector->key);
	from_hex(iv, vector->iv);
	gcm.aad_size = from_hex(aad, vector->aad);
	n = from_hex(plain, vector->plain);
	from_hex(golden, vector->cipher);
	from_hex(golden_mac, vector->mac);
	aes_gcm_encrypt(&gcm, plain, cipher, n, mac);
	assert_memory_equal(cipher, golden, n);
	assert_memory_equal(mac, golden_mac, 16);
	assert_true(aes_gcm_decrypt(&gcm, cipher, cipher, n, mac));
	assert_memory_equal(cipher, plain, n);
}

static void nist(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_vector(&vectors[i]);
}

static void openssl_gcm(const struct aes_gcm *gcm, const uint8_t *from,
			uint8_t *to, size_t n, uint8_t mac[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	must(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, gcm->key,
				gcm->iv));
	must(EVP_EncryptUpdate(ctx, NULL, &len, gcm->aad, (int)gcm->aad_size));
	must(EVP_EncryptUpdate(ctx, to, &len, from, (int)n));
	must(EVP_EncryptFinal_ex(ctx, to + len, &len));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, mac));
	EVP_CIPHER_CTX_free(ctx);
}

/* Up to a page, and a little more than what is encrypted at one go. */
static void lengths(void **state)
{
	static uint8_t text[4096], cipher[4096], golden[4096];
	uint8_t key[16], iv[12], mac[16], golden_mac[16];
	struct aes_gcm gcm = { .key = key, .iv = iv, .aad = text };
	size_t n;

	(void)state;
	assert_int_equal(RAND_bytes(text, sizeof(text)), 1);
	for (n = 0; n <= sizeof(text); n += n < 530 ? 1 : 713) {
		assert_int_equal(RAND_bytes(key, sizeof(key)), 1);
		assert_int_equal(RAND_bytes(iv, sizeof(iv)), 1);
		gcm.aad_size = n % 161;
		openssl_gcm(&gcm, text, golden, n, golden_mac);
		aes_gcm_encrypt(&gcm, text, cipher, n, mac);
		assert_memory_equal(cipher, golden, n);
		assert_memory_equal(mac, golden_mac, 16);
	}
	gcm.aad_size = 128;
	openssl_gcm(&gcm, text, golden, sizeof(text), golden_mac);
	aes_gcm_encrypt(&gcm, text, text, sizeof(text), mac);
	assert_memory_equal(text, golden, sizeof(text));
	assert_memory_equal(mac, golden_mac, 16);
}

/* Any bit of key, IV, AAD, text or MAC counts; a refusal writes nothing. */
static void bits(void **state)
{
	uint8_t key[16] = { 1 }, iv[12] = { 2 }, aad[20] = { 3 };
	uint8_t text[52] = { 4 }, mac[16], out[52], untouched[52];
	struct {
		uint8_t *p;
		unsigned n;
	} parts[] = {
		{ key, 16 }, { iv, 12 }, { aad, 20 }, { text, 52 }, { mac, 16 },
	};
	const struct aes_gcm gcm = { key, iv, aad, sizeof(aad) };
	unsigned i, bit;

	(void)state;
	memset(out, 0xee, sizeof(out));
	memcpy(untouched, out, sizeof(out));
	aes_gcm_encrypt(&gcm, text, text, sizeof(text), mac);
	for (i = 0; i < 5; i++) {
		for (bit = 0; bit < 8 * parts[i].n; bit++) {
			parts[i].p[bit / 8] ^= 1u << bit % 8;
			assert_false(aes_gcm_decrypt(&gcm, text, out, 52, mac));
			parts[i].p[bit / 8] ^= 1u << bit % 8;
		}
	}
	assert_memory_equal(out, untouched, sizeof(out));
	assert_true(aes_gcm_decrypt(&gcm, text, out, 52, mac));
}

static int start(void **state)
{
	(void)state;
	cpu_crypto_init();
	return 0;
}

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("cryptography", "NIST SP 800-38D"),
	ROW("AES-GCM", "the published vectors", T(nist)),
	ROW("AES-GCM, every length", "OpenSSL's", T(lengths)),
	ROW("AES-GCM, a bit is changed", "the MAC differs", T(bits)),
};

CONFORM_MAIN(rows, start)
