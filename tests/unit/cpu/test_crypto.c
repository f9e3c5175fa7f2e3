/* SPDX-License-Identifier: BSD-3-Clause */
/* cpu/crypto against published vectors and against OpenSSL. */
#include "tests/unit/cpu/fixture.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/rand.h>

#include "cpu/crypto/aes_cmac.h"
#include "cpu/crypto/init.h"
#include "cpu/crypto/rsa3072.h"
#include "cpu/crypto/sha256.h"
#include "tests/conform/conform.h"
#include "tests/unit/cpu/signer.h"

static void from_hex(uint8_t *to, const char *hex)
{
	char digits[3] = { 0 };

	for (; *hex; hex += 2) {
		memcpy(digits, hex, 2);
		*to++ = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static void check_sha256(const void *data, size_t n, const char *expected)
{
	uint8_t digest[32], golden[32];
	struct sha256 sha256;

	sha256_begin(&sha256);
	sha256_add(&sha256, data, n);
	sha256_end(&sha256, digest);
	from_hex(golden, expected);
	assert_memory_equal(digest, golden, 32);
}

/* FIPS 180-4, examples for SHA-256. */
static void sha256_fips(void **state)
{
	static char million[1000000];

	(void)state;
	check_sha256("", 0,
		     "e3b0c44298fc1c149afbf4c8996fb924"
		     "27ae41e4649b934ca495991b7852b855");
	check_sha256("abc", 3,
		     "ba7816bf8f01cfea414140de5dae2223"
		     "b00361a396177a9cb410ff61f20015ad");
	check_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		     56,
		     "248d6a61d20638b8e5c026930c3e6039"
		     "a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	check_sha256(million, sizeof(million),
		     "cdc76e5c9914fb9281a1c7e284d73e67"
		     "f1809a48a497200e046d39ccc7112cd0");
}

/* The state can be looked at and then go on. */
static void sha256_continues(void **state)
{
	uint8_t digest[32], golden[32], data[300];
	struct sha256 sha256;
	size_t i;

	(void)state;
	sha256_begin(&sha256);
	for (i = 0; i < sizeof(data); i++) {
		data[i] = (uint8_t)i;
		sha256_add(&sha256, data + i, 1);
		sha256_end(&sha256, digest);
		EVP_Digest(data, i + 1, golden, NULL, EVP_sha256(), NULL);
		assert_memory_equal(digest, golden, 32);
	}
}

/* RFC 4493, "Test Vectors". */
static void cmac_rfc4493(void **state)
{
	static const struct {
		size_t n;
		const char *mac;
	} vectors[] = {
		{ 0, "bb1d6929e95937287fa37d129b756746" },
		{ 16, "070a16b46b4d4144f79bdd9dd04a287c" },
		{ 40, "dfa66747de9ae63030ca32611497c827" },
		{ 64, "51f0bebf7e3b9d92fc49741779363cfe" },
	};
	uint8_t key[16], text[64], mac[16], golden[16];
	size_t i;

	(void)state;
	from_hex(key, "2b7e151628aed2a6abf7158809cf4f3c");
	from_hex(text, "6bc1bee22e409f96e93d7e117393172a"
		       "ae2d8a571e03ac9c9eb76fac45af8e51"
		       "30c81c46a35ce411e5fbc1191a0a52ef"
		       "f69f2445df4f9b17ad2b417be66c3710");
	for (i = 0; i < 4; i++) {
		aes_cmac(key, text, vectors[i].n, mac);
		from_hex(golden, vectors[i].mac);
		assert_memory_equal(mac, golden, 16);
	}
}

static void cmac_lengths(void **state)
{
	uint8_t data[256], mac[16], golden[16];
	size_t n;

	(void)state;
	assert_int_equal(RAND_bytes(data, sizeof(data)), 1);
	for (n = 0; n <= sizeof(data); n++) {
		aes_cmac(data, data, n, mac);
		openssl_cmac(data, data, n, golden);
		assert_memory_equal(mac, golden, 16);
	}
}

static bool verify(const struct sgx_sigstruct *sig)
{
	const struct rsa3072_signature rsa = {
		.modulus = sig->modulus,
		.signature = sig->signature,
		.q1 = sig->q1,
		.q2 = sig->q2,
	};
	uint8_t signed_part[256], digest[32];

	memcpy(signed_part, sig, 128);
	memcpy(signed_part + 128, (const uint8_t *)sig + 900, 128);
	EVP_Digest(signed_part, 256, digest, NULL, EVP_sha256(), NULL);
	return rsa3072_verify(&rsa, digest);
}

static void rsa_openssl(void **state)
{
	static struct sgx_sigstruct sig;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		sigstruct_begin(&sig);
		sig.swdefined = i;
		sigstruct_sign(&sig);
		assert_true(verify(&sig));
		sig.swdefined++;
		assert_false(verify(&sig));
	}
}

/* Any bit of any of the four numbers counts. */
static void rsa_bits(void **state)
{
	static struct sgx_sigstruct sig;
	uint8_t *numbers[] = { sig.modulus, sig.signature, sig.q1, sig.q2 };
	unsigned i, bit;

	(void)state;
	sigstruct_begin(&sig);
	sigstruct_sign(&sig);
	for (i = 0; i < 4; i++) {
		for (bit = 0; bit < 3072; bit += 13) {
			numbers[i][bit / 8] ^= 1u << bit % 8;
			assert_false(verify(&sig));
			numbers[i][bit / 8] ^= 1u << bit % 8;
		}
	}
	assert_true(verify(&sig));
}

/* Q1 one too small gives R1 >= N, one too large R1 < 0. */
static void rsa_remainder_not_reduced(void **state)
{
	static struct sgx_sigstruct sig;
	BIGNUM *q = BN_new();

	(void)state;
	sigstruct_begin(&sig);
	sigstruct_sign(&sig);
	BN_lebin2bn(sig.q1, 384, q);
	BN_sub_word(q, 1);
	BN_bn2lebinpad(q, sig.q1, 384);
	assert_false(verify(&sig));
	BN_add_word(q, 2);
	BN_bn2lebinpad(q, sig.q1, 384);
	assert_false(verify(&sig));
	BN_free(q);
}

/*
 * With Q1 one smaller R1 grows by N, and with Q2 larger by S the message comes
 * out right all the same.  Not every signature leaves room for that.
 */
static bool shift_quotients(struct sgx_sigstruct *sig)
{
	BIGNUM *n = BN_lebin2bn(sig->modulus, 384, NULL);
	BIGNUM *s = BN_lebin2bn(sig->signature, 384, NULL);
	BIGNUM *q1 = BN_lebin2bn(sig->q1, 384, NULL);
	BIGNUM *q2 = BN_lebin2bn(sig->q2, 384, NULL);
	BIGNUM *r1 = BN_new(), *t = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	bool room;

	must(BN_sub_word(q1, 1) && BN_add(q2, q2, s));
	must(BN_sqr(r1, s, ctx) && BN_mul(t, q1, n, ctx) && BN_sub(r1, r1, t));
	room = BN_num_bits(r1) <= 3072 && BN_num_bits(q2) <= 3072;
	if (room) {
		BN_bn2lebinpad(q1, sig->q1, 384);
		BN_bn2lebinpad(q2, sig->q2, 384);
	}
	BN_free(n);
	BN_free(s);
	BN_free(q1);
	BN_free(q2);
	BN_free(r1);
	BN_free(t);
	BN_CTX_free(ctx);
	return room;
}

static void rsa_quotients_shifted(void **state)
{
	static struct sgx_sigstruct sig;

	(void)state;
	sigstruct_begin(&sig);
	do {
		sig.swdefined++;
		assert_in_range(sig.swdefined, 1, 5000);
		sigstruct_sign(&sig);
	} while (!shift_quotients(&sig));
	assert_false(verify(&sig));
}

static void padding(void **state)
{
	uint8_t pad[RSA3072_PADDING_SIZE];
	int i;

	(void)state;
	rsa3072_padding(pad);
	assert_int_equal(pad[0], 0);
	assert_int_equal(pad[1], 1);
	for (i = 2; i < 332; i++)
		assert_int_equal(pad[i], 0xff);
	assert_int_equal(pad[332], 0);
	assert_int_equal(pad[333], 0x30);
	assert_int_equal(pad[351], 0x20);
}

static int start(void **state)
{
	(void)state;
	cpu_crypto_init();
	return 0;
}

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("cryptography", "SDM \"Cryptographic Primitives\"; FIPS 180-4"),
	ROW("SHA-256", "the published digests", T(sha256_fips)),
	ROW("SHA-256 in parts, and where it had stopped", "the same",
	    T(sha256_continues)),
	CITE("RFC 4493"),
	ROW("AES-CMAC", "the published MACs; of every length OpenSSL's",
	    T(cmac_rfc4493), T(cmac_lengths)),
	CITE("SDM \"EINIT\", \"SIGSTRUCT\"; PKCS #1"),
	ROW("RSA-3072, exponent 3, by Q1 and Q2", "as OpenSSL; any bit counts",
	    T(rsa_openssl), T(rsa_bits)),
	ROW("Q1 or Q2 that leave a remainder too large, or moved", "refused",
	    T(rsa_remainder_not_reduced), T(rsa_quotients_shifted)),
	ROW("the padding", "every byte counts", T(padding)),
};

CONFORM_MAIN(rows, start)
