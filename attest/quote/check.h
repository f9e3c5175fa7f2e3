/* SPDX-License-Identifier: BSD-3-Clause */
/* A quote from a file: taken apart, and verified step by step. */
#ifndef SWSGX_ATTEST_QUOTE_CHECK_H
#define SWSGX_ATTEST_QUOTE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "attest/pki/sgx_extension.h"
#include "attest/quote/layout.h"
#include "cpu/sgx_arch.h"

#define QUOTE_CHAIN_MAX 8 /* certificates */
#define QUOTE_STEPS     7
#define QUOTE_WHY_SIZE  256

struct quote {
	struct quote_signed head;
	struct quote_signature sig;
	struct sgx_report body, qe; /* without KEYID and MAC */
	uint8_t auth[64];           /* its first bytes */
	uint16_t cert_type;
	size_t size; /* of what belongs to it; the rest is padding */
	X509 *chain[QUOTE_CHAIN_MAX];
	unsigned nr_chain; /* 0: its certification data is no chain */
	bool has_extension;
	struct sgx_extension extension; /* of the first one */
	uint8_t key_hash[32];           /* SHA-256 of the key and auth data */
};

/*
 * 0; or -1, and `why` says what is wrong and where.  Free it by quote_free().
 */
int quote_parse(struct quote *quote, const uint8_t *bytes, size_t n,
		char why[QUOTE_WHY_SIZE]);
void quote_free(struct quote *quote);

struct quote_step {
	const char *key, *name; /* for programs, for people */
	bool good;
	char detail[QUOTE_WHY_SIZE];
};

/*
 * Everything that can be told without TCB Info, whose verdict on a test
 * platform would be worth nothing.  `root` may be NULL, and then no chain is
 * trusted. `crls` ends with NULL and may be empty: then revocation is not
 * looked at. True: all steps are good.
 */
bool quote_verify(const struct quote *quote, X509 *root, X509_CRL *const *crls,
		  struct quote_step steps[QUOTE_STEPS]);

#endif
