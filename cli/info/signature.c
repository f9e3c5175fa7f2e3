/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signature of a SIGSTRUCT and its quotients; see cli/info/signature.h.
 * SDM "Enclave Signature Structure (SIGSTRUCT)".
 */
#include "cli/info/signature.h"

#include <gmp.h>
#include <nettle/rsa.h>
#include <nettle/sha2.h>
#include <string.h>

#define RSA_SIZE sizeof(((struct sgx_sigstruct *)0)->modulus)

static void sha256_of(const void *a, size_t a_size, const void *b,
		      size_t b_size, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sha256;

	sha256_init(&sha256);
	sha256_update(&sha256, a_size, a);
	sha256_update(&sha256, b_size, b);
	sha256_digest(&sha256, SHA256_DIGEST_SIZE, digest);
}

static void import(mpz_t number, const uint8_t bytes[RSA_SIZE])
{
	mpz_init(number);
	mpz_import(number, RSA_SIZE, -1, 1, -1, 0, bytes);
}

static bool verifies(const struct sgx_sigstruct *sig, const mpz_t n,
		     const mpz_t s)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct rsa_public_key key;
	bool good;

	/* nettle refuses a modulus that cannot be one */
	if (mpz_even_p(n) || mpz_sizeinbase(n, 2) <= 8 * (RSA_SIZE - 1))
		return false;
	sha256_of(sig, SIGSTRUCT_SIGNED1_SIZE,
		  (const uint8_t *)sig + SIGSTRUCT_SIGNED2,
		  SIGSTRUCT_SIGNED2_SIZE, digest);
	rsa_public_key_init(&key);
	mpz_set(key.n, n);
	mpz_set_ui(key.e, sig->exponent);
	good = rsa_public_key_prepare(&key) &&
	       rsa_sha256_verify_digest(&key, digest, s);
	rsa_public_key_clear(&key);
	return good;
}

/* Q1 = S^2 / N and Q2 = S * (S^2 mod N) / N, rounded down. */
static bool quotients_right(const struct sgx_sigstruct *sig, const mpz_t n,
			    const mpz_t s)
{
	mpz_t q1, q2, q, r;
	bool right;

	if (!mpz_sgn(n))
		return false;
	import(q1, sig->q1);
	import(q2, sig->q2);
	mpz_inits(q, r, NULL);
	mpz_mul(r, s, s);
	mpz_fdiv_qr(q, r, r, n);
	right = !mpz_cmp(q, q1);
	mpz_mul(r, s, r);
	mpz_fdiv_q(q, r, n);
	right = right && !mpz_cmp(q, q2);
	mpz_clears(q1, q2, q, r, NULL);
	return right;
}

void signature_check(const struct sgx_sigstruct *sig,
		     struct signature_verdict *verdict)
{
	mpz_t n, s;

	import(n, sig->modulus);
	import(s, sig->signature);
	verdict->key_bits = mpz_sgn(n) ? mpz_sizeinbase(n, 2) : 0;
	verdict->verifies = verifies(sig, n, s);
	verdict->quotients = quotients_right(sig, n, s);
	sha256_of(sig->modulus, sizeof(sig->modulus), NULL, 0,
		  verdict->mrsigner);
	mpz_clears(n, s, NULL);
}
