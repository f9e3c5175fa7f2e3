/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A quote of version 3, ECDSA with P-256.  DCAP QuoteGeneration sgx_quote_3.h,
 * "Intel SGX ECDSA QuoteGenReference", "Quote Format".  Little-endian, but for
 * keys and signatures, which attest/base/ec.h describes.
 */
#ifndef SWSGX_ATTEST_QUOTE_LAYOUT_H
#define SWSGX_ATTEST_QUOTE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "attest/base/ec.h"

#define QUOTE_VERSION     3
#define QUOTE_KEY_P256    2
#define QUOTE_BODY_SIZE   384 /* of a report: what its MAC covers */
#define QUOTE_AUTH_SIZE   32  /* of Intel's quoting enclave */
#define QUOTE_CERT_CHAIN  5   /* certification data: a chain in PEM */
#define QUOTE_CERT_HEADER 6   /* before it: u16 type, u32 length */
#define QUOTE_VENDOR_INTEL \
	{ \
		0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, \
			0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 \
	}

/* What the attestation key signs. */
struct quote_signed {
	uint16_t version;
	uint16_t key_type;
	uint32_t tee_type; /* 0: SGX */
	uint16_t qe_isvsvn;
	uint16_t pce_isvsvn;
	uint8_t vendor[16];
	uint8_t user_data[20]; /* QE_ID, and zeros */
	uint8_t body[QUOTE_BODY_SIZE];
};

/* Behind that and a u32, the length of what follows. */
struct quote_signature {
	uint8_t signature[EC_SIZE];
	uint8_t key[EC_SIZE];
	uint8_t qe_body[QUOTE_BODY_SIZE];
	uint8_t qe_signature[EC_SIZE];
	uint16_t auth_size; /* and as many bytes */
};

#define QUOTE_SIGNED_SIZE    432
#define QUOTE_SIGNATURE_AT   436
#define QUOTE_SIGNATURE_SIZE 578

_Static_assert(sizeof(struct quote_signed) == QUOTE_SIGNED_SIZE, "no padding");
_Static_assert(offsetof(struct quote_signed, body) == 48, "no padding");
_Static_assert(sizeof(struct quote_signature) == QUOTE_SIGNATURE_SIZE,
	       "no padding");

#endif
