/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PCK certificate says of its platform: extension PROFILE_OID_SGX. */
#ifndef SWSGX_ATTEST_PKI_SGX_EXTENSION_H
#define SWSGX_ATTEST_PKI_SGX_EXTENSION_H

#include <openssl/x509.h>
#include <stdint.h>

struct sgx_extension {
	uint8_t ppid[16];
	uint8_t component[16];
	uint16_t pcesvn;
	uint8_t cpusvn[16];
	uint8_t pceid[2];
	uint8_t fmspc[6];
};

/* 0; or -1: there is none, or one of these is missing or malformed. */
int sgx_extension_read(X509 *cert, struct sgx_extension *ext);

#endif
