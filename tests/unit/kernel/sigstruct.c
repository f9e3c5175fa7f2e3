/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signing tool in small: SIGSTRUCT over m.measurement, with a key made for
 * this run of the tests.  SDM "Enclave Signature Structure (SIGSTRUCT)".
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "fixture.h"
#include "tests/unit/key.h"

#define KEY_SIZE 384

/* The parts that carry a signature. */
static size_t signed_part(const struct sgx_sigstruct *sig, uint8_t *to)
{
	const uint8_t *bytes = (const uint8_t *)sig;

	memcpy(to, bytes, SIGSTRUCT_SIGNED1_SIZE);
	memcpy(to + SIGSTRUCT_SIGNED1_SIZE, bytes + SIGSTRUCT_SIGNED2,
	       SIGSTRUCT_SIGNED2_SIZE);
	return SIGSTRUCT_SIGNED1_SIZE + SIGSTRUCT_SIGNED2_SIZE;
}

static void sign(const struct sgx_sigstruct *sig, uint8_t out[KEY_SIZE])
{
	uint8_t text[SIGSTRUCT_SIGNED1_SIZE + SIGSTRUCT_SIGNED2_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = signed_part(sig, text), len = KEY_SIZE;

	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, test_key());
	assert_int_equal(EVP_DigestSign(ctx, out, &len, text, n), 1);
	assert_int_equal(len, KEY_SIZE);
	EVP_MD_CTX_free(ctx);
}

/* Q1 = S^2 / N; Q2 = (S^3 - Q1 S N) / N = S (S^2 mod N) / N. */
static void quotients(struct sgx_sigstruct *sig, const BIGNUM *s,
		      const BIGNUM *n)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *t = BN_new(), *q = BN_new(), *r = BN_new();

	BN_sqr(t, s, ctx);
	BN_div(q, r, t, n, ctx);
	BN_bn2lebinpad(q, sig->q1, KEY_SIZE);
	BN_mul(t, r, s, ctx);
	BN_div(q, r, t, n, ctx);
	BN_bn2lebinpad(q, sig->q2, KEY_SIZE);
	BN_free(t);
	BN_free(q);
	BN_free(r);
	BN_CTX_free(ctx);
}

void make_sigstruct(struct sgx_sigstruct *sig,
		    void (*edit)(struct sgx_sigstruct *sig))
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	static const uint8_t header2[] = SIGSTRUCT_HEADER2;
	uint8_t signature[KEY_SIZE];
	BIGNUM *n = NULL, *s;

	memset(sig, 0, sizeof(*sig));
	memcpy(sig->header, header, sizeof(header));
	memcpy(sig->header2, header2, sizeof(header2));
	sig->date = 0x20260101;
	sig->exponent = 3;
	sig->attributes = SGX_ATTR_MODE64BIT;
	sig->xfrm = 3;
	sig->attributemask = ~SGX_ATTR_DEBUG;
	sig->xfrmmask = ~0ull;
	sig->miscmask = ~0u;
	memcpy(sig->enclavehash, m.measurement, sizeof(sig->enclavehash));
	EVP_PKEY_get_bn_param(test_key(), "n", &n);
	BN_bn2lebinpad(n, sig->modulus, KEY_SIZE);
	if (edit)
		edit(sig);
	sign(sig, signature);
	s = BN_bin2bn(signature, KEY_SIZE, NULL);
	BN_bn2lebinpad(s, sig->signature, KEY_SIZE);
	quotients(sig, s, n);
	BN_free(s);
	BN_free(n);
}
