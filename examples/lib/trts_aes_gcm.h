/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-128-GCM for inside an enclave.
 *
 * Common libraries pick their code by CPUID, which is #UD in an enclave, and
 * fall back to tables, whose cache footprint shows the key.  Every processor
 * with SGX has the AES instructions, so this uses them, and nothing else.
 * GHASH goes bit by bit: slow, without tables, and enough for small records.
 *
 * Source: NIST SP 800-38D; FIPS 197.
 */
#ifndef SWSGX_EXAMPLES_LIB_TRTS_AES_GCM_H
#define SWSGX_EXAMPLES_LIB_TRTS_AES_GCM_H

#include <stddef.h>
#include <stdint.h>

/* What is authenticated, but not encrypted. */
struct aes_gcm_aad {
	const void *data;
	size_t length;
};

/* in and out may be the same. */
void aes_gcm_seal(const uint8_t key[16], const uint8_t iv[12],
		  struct aes_gcm_aad aad, const void *in, void *out,
		  size_t length, uint8_t tag[16]);
/* 0; or -1 if the tag is wrong, and then `out` is untouched. */
int aes_gcm_open(const uint8_t key[16], const uint8_t iv[12],
		 struct aes_gcm_aad aad, const void *in, void *out,
		 size_t length, const uint8_t tag[16])
	__attribute__((warn_unused_result));

#endif
