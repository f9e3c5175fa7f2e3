/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signing a SIGSTRUCT: PKCS #1 v1.5 with SHA-256 over its two signed parts,
 * RSA-3072, e = 3, and the quotients the processor wants.
 */
#include "tests/unit/cpu/signer.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/unit/key.h"

void sigstruct_begin(struct sgx_sigstruct *sig)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	static const uint8_t header2[] = SIGSTRUCT_HEADER2;

	memset(sig, 0, sizeof(*sig));
	memcpy(sig->header, header, sizeof(header));
	memcpy(sig->header2, header2, sizeof(header2));
	sig->date = 0x20240229;
}

/* The signature, big-endian. */
static void sign(const struct sgx_sigstruct *sig, uint8_t signature[384])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 384;

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, test_key()) ==
	     1);
	must(EVP_DigestSignUpdate(ctx, sig, 128) == 1);
	must(EVP_DigestSignUpdate(ctx, (const uint8_t *)sig + 900, 128) == 1);
	must(EVP_DigestSignFinal(ctx, signature, &n) == 1 && n == 384);
	EVP_MD_CTX_free(ctx);
}

static void quotients(struct sgx_sigstruct *sig, const BIGNUM *s,
		      const BIGNUM *n)
{
	BIGNUM *q = BN_new(), *r = BN_new(), *t = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	must(BN_sqr(t, s, ctx) && BN_div(q, r, t, n, ctx));
	must(BN_bn2lebinpad(q, sig->q1, 384) == 384);
	must(BN_mul(t, s, r, ctx) && BN_div(q, r, t, n, ctx));
	must(BN_bn2lebinpad(q, sig->q2, 384) == 384);
	BN_free(q);
	BN_free(r);
	BN_free(t);
	BN_CTX_free(ctx);
}

void sigstruct_sign(struct sgx_sigstruct *sig)
{
	uint8_t signature[384];
	BIGNUM *n = NULL, *s;

	must(EVP_PKEY_get_bn_param(test_key(), OSSL_PKEY_PARAM_RSA_N, &n) == 1);
	must(BN_bn2lebinpad(n, sig->modulus, 384) == 384);
	sig->exponent = 3;
	sign(sig, signature);
	s = BN_bin2bn(signature, sizeof(signature), NULL);
	must(BN_bn2lebinpad(s, sig->signature, 384) == 384);
	quotients(sig, s, n);
	BN_free(s);
	BN_free(n);
}

void sigstruct_mrsigner(const struct sgx_sigstruct *sig, uint8_t hash[32])
{
	must(EVP_Digest(sig->modulus, sizeof(sig->modulus), hash, NULL,
			EVP_sha256(), NULL) == 1);
}

void openssl_cmac(const uint8_t key[16], const void *data, size_t n,
		  uint8_t mac[16])
{
	char cipher[] = "AES-128-CBC";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *alg = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(alg);

	must(EVP_MAC_init(ctx, key, 16, params) == 1);
	must(EVP_MAC_update(ctx, data, n) == 1);
	must(EVP_MAC_final(ctx, mac, &n, 16) == 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(alg);
}
