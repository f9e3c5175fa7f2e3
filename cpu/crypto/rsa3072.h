/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one RSA operation a processor with SGX performs: checking a SIGSTRUCT's
 * signature, 3072 bits, exponent 3, PKCS #1 v1.5 with SHA-256.  It never
 * divides: the signer supplies the two quotients.
 *
 * Numbers are 384 bytes, little-endian, as SIGSTRUCT holds them.
 */
#ifndef SWSGX_CPU_CRYPTO_RSA3072_H
#define SWSGX_CPU_CRYPTO_RSA3072_H

#include <stdbool.h>
#include <stdint.h>

#define RSA3072_SIZE         384
#define RSA3072_PADDING_SIZE 352 /* the message without the digest */

struct rsa3072_signature {
	const uint8_t *modulus, *signature;
	/* q1 = signature^2 / modulus; q2 = signature * remainder / modulus */
	const uint8_t *q1, *q2;
};

/* Does *sig sign a text with this SHA-256 digest, and are q1 and q2 right? */
bool rsa3072_verify(const struct rsa3072_signature *sig,
		    const uint8_t digest[32]);

/*
 * The padding of a signed message, most significant byte first.  SDM EGETKEY
 * calls it HARDCODED_PKCS1_5_PADDING; it is SECS.PADDING after EINIT.
 */
void rsa3072_padding(uint8_t padding[RSA3072_PADDING_SIZE]);

#endif
