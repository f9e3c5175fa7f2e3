/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signing tool for fuzzers: the same key in every run, and quick.  The
 * modulus is the product of twelve primes of 256 bits, which EINIT cannot tell
 * from an honest one; a signature then costs a fraction of the usual.
 *
 * Source: SDM "Enclave Signature Structure (SIGSTRUCT)".
 */
#ifndef SWSGX_TESTS_FUZZ_SIGNER_H
#define SWSGX_TESTS_FUZZ_SIGNER_H

#include <stdint.h>

#include "cpu/sgx_arch.h"

/* Make the key. */
void signer_init(void);
/* Constants, key and attributes that suit any enclave; not yet signed. */
void signer_begin(struct sgx_sigstruct *sig);
/* MODULUS, SIGNATURE, Q1 and Q2 over what the signed fields say now. */
void signer_sign(struct sgx_sigstruct *sig);
/* MRSIGNER of the key. */
void signer_mrsigner(uint8_t mrsigner[32]);

#endif
