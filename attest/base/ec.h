/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ECDSA with SHA-256 over NIST P-256, by OpenSSL.  In quotes and in collateral
 * a signature is r, s and a public key is x, y: 32 bytes each, big-endian.
 */
#ifndef SWSGX_ATTEST_BASE_EC_H
#define SWSGX_ATTEST_BASE_EC_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EC_SEED_SIZE 40 /* 64 bits more than the order has: no bias */
#define EC_SIZE      64 /* of a signature, of a public key */

/* NULL: OpenSSL could not.  Free a key by EVP_PKEY_free(). */
EVP_PKEY *ec_generate(void);
/* The private key is seed mod (n - 1) + 1, n the curve's order. */
EVP_PKEY *ec_from_seed(const uint8_t seed[EC_SEED_SIZE]);
EVP_PKEY *ec_from_public(const uint8_t xy[EC_SIZE]);

/* Both: 0 or -1. */
int ec_public(EVP_PKEY *key, uint8_t xy[EC_SIZE]);
int ec_sign(EVP_PKEY *key, const void *data, size_t n, uint8_t rs[EC_SIZE]);

bool ec_verify(EVP_PKEY *key, const void *data, size_t n,
	       const uint8_t rs[EC_SIZE]);

#endif
