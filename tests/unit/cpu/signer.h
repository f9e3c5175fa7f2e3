/* SPDX-License-Identifier: BSD-3-Clause */
/* An enclave signer for the tests, independent of cpu/: OpenSSL does it all. */
#ifndef SWSGX_TESTS_UNIT_CPU_SIGNER_H
#define SWSGX_TESTS_UNIT_CPU_SIGNER_H

#include <stdlib.h>

#include "cpu/sgx_arch.h"

/* For what cannot fail; unlike assert(), always evaluated. */
#define must(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

/* A SIGSTRUCT with constants set and everything else zero. */
void sigstruct_begin(struct sgx_sigstruct *sig);
/*
 * Sign what *sig says: fills in MODULUS, EXPONENT, SIGNATURE, Q1, Q2.  The key
 * is drawn once per process.
 */
void sigstruct_sign(struct sgx_sigstruct *sig);
/* SHA-256 of the modulus: MRSIGNER. */
void sigstruct_mrsigner(const struct sgx_sigstruct *sig, uint8_t hash[32]);

/* AES-128-CMAC by OpenSSL. */
void openssl_cmac(const uint8_t key[16], const void *data, size_t n,
		  uint8_t mac[16]);

#endif
