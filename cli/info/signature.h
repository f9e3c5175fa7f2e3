/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGSTRUCT's key and signature, by nettle and GMP.  The model of the processor
 * has an implementation of its own (cpu/crypto/rsa3072.h); both must agree.
 */
#ifndef SWSGX_CLI_INFO_SIGNATURE_H
#define SWSGX_CLI_INFO_SIGNATURE_H

#include <stdbool.h>

#include "cpu/sgx_arch.h"

struct signature_verdict {
	unsigned key_bits; /* of the modulus */
	bool verifies;     /* PKCS #1 v1.5, SHA-256, with EXPONENT */
	bool quotients;    /* Q1 and Q2 belong to it */
	uint8_t mrsigner[32];
};

void signature_check(const struct sgx_sigstruct *sig,
		     struct signature_verdict *verdict);

#endif
