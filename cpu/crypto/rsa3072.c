/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RSA-3072 with exponent 3 by means of SIGSTRUCT's Q1 and Q2; SDM "EINIT" and
 * "Enclave Signature Structure (SIGSTRUCT)": with R1 = S*S - Q1*N, the message
 * is S*R1 - Q2*N.  Only GMP functions that neither allocate nor look at the
 * CPU's model at run time.
 */
#include "cpu/crypto/rsa3072.h"

#include <gmp.h>

#include "cpu/mem.h"

#define LIMBS (RSA3072_SIZE / sizeof(mp_limb_t))

/* DER of a SHA-256 DigestInfo up to the digest; RFC 8017, EMSA-PKCS1-v1_5. */
static const uint8_t digest_info[19] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
	0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};

void rsa3072_padding(uint8_t padding[RSA3072_PADDING_SIZE])
{
	size_t ff = RSA3072_PADDING_SIZE - 3 - sizeof(digest_info);

	padding[0] = 0x00;
	padding[1] = 0x01;
	memset(padding + 2, 0xff, ff);
	padding[2 + ff] = 0x00;
	memcpy(padding + 3 + ff, digest_info, sizeof(digest_info));
}

static mp_limb_t limb_of(const uint8_t *number, size_t i)
{
	mp_limb_t limb;

	memcpy(&limb, number + i * sizeof(limb), sizeof(limb));
	return limb;
}

/* wide -= q * n.  False if that were negative. */
static bool sub_product(mp_limb_t wide[2 * LIMBS], const uint8_t *q,
			const mp_limb_t n[LIMBS])
{
	mp_limb_t borrow;
	size_t i;

	for (i = 0; i < LIMBS; i++) {
		borrow = mpn_submul_1(wide + i, n, LIMBS, limb_of(q, i));
		if (mpn_sub_1(wide + i + LIMBS, wide + i + LIMBS,
			      (mp_size_t)(LIMBS - i), borrow))
			return false;
	}
	return true;
}

/* r = a * b - q * n.  False unless 0 <= r < n, that is, unless q is right. */
static bool mul_reduce(mp_limb_t r[LIMBS], const mp_limb_t a[LIMBS],
		       const mp_limb_t b[LIMBS], const uint8_t *q,
		       const mp_limb_t n[LIMBS])
{
	mp_limb_t wide[2 * LIMBS];
	size_t i;

	wide[LIMBS] = mpn_mul_1(wide, a, LIMBS, b[0]);
	for (i = 1; i < LIMBS; i++)
		wide[i + LIMBS] = mpn_addmul_1(wide + i, a, LIMBS, b[i]);
	if (!sub_product(wide, q, n))
		return false;
	if (!mem_is_zero(wide + LIMBS, RSA3072_SIZE))
		return false;
	memcpy(r, wide, RSA3072_SIZE);
	return mpn_cmp(r, n, LIMBS) < 0;
}

/* Is `message` 00 01 FF .. FF 00 DigestInfo, most significant byte first? */
static bool message_is(const mp_limb_t message[LIMBS], const uint8_t digest[32])
{
	const uint8_t *least = (const uint8_t *)message;
	uint8_t expected[RSA3072_SIZE];
	size_t i;

	rsa3072_padding(expected);
	memcpy(expected + RSA3072_PADDING_SIZE, digest, 32);
	for (i = 0; i < RSA3072_SIZE; i++) {
		if (expected[i] != least[RSA3072_SIZE - 1 - i])
			return false;
	}
	return true;
}

bool rsa3072_verify(const struct rsa3072_signature *sig,
		    const uint8_t digest[32])
{
	mp_limb_t n[LIMBS], s[LIMBS], r[LIMBS];

	memcpy(n, sig->modulus, RSA3072_SIZE);
	memcpy(s, sig->signature, RSA3072_SIZE);
	if (!mul_reduce(r, s, s, sig->q1, n))
		return false;
	if (!mul_reduce(r, s, r, sig->q2, n))
		return false;
	return message_is(r, digest);
}
