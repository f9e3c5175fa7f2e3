/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the certificates of the test root say, as OpenSSL's configuration has
 * it (x509v3_config(5)).  The shape is that of Intel's certificates ("SGX PCK
 * Certificate and Certificate Revocation List Profile Specification"); the
 * names are such that nobody can take them for Intel's.
 */
#ifndef SWSGX_ATTEST_PKI_PROFILE_H
#define SWSGX_ATTEST_PKI_PROFILE_H

#include <stdint.h>

#define PROFILE_ORGANISATION "swsgx, no security"
#define PROFILE_ROOT         "swsgx TEST ONLY SGX Root CA"
#define PROFILE_PLATFORM     "swsgx TEST ONLY SGX PCK Platform CA"
#define PROFILE_PCK          "swsgx TEST ONLY SGX PCK Certificate"
#define PROFILE_TCB_SIGNING  "swsgx TEST ONLY SGX TCB Signing"

#define PROFILE_BASE_URL "https://swsgx.invalid/sgx/certification/v4"

/* Sections of the configuration. */
#define PROFILE_SECTION_ROOT     "root"
#define PROFILE_SECTION_PLATFORM "platform"
#define PROFILE_SECTION_SIGNING  "signing"
#define PROFILE_SECTION_PCK      "pck"
#define PROFILE_SECTION_CRL      "crl"

#define PROFILE_OID_SGX "1.2.840.113741.1.13.1"

/* What the PCK certificate says of a platform. */
struct profile_pck {
	uint8_t ppid[16];
	uint8_t cpusvn[16]; /* and the SVN of each component */
	uint16_t pcesvn;
	uint8_t instance[16];
};

/* "SWSGX" and a NUL: one family of platforms, as a model of Intel's is. */
#define PROFILE_FMSPC \
	{ \
		'S', 'W', 'S', 'G', 'X', 0 \
	}
#define PROFILE_PCEID \
	{ \
		0, 0 \
	}

/*
 * The text of the configuration; `pck` may be NULL, and then the section of
 * that name is of no use.  The caller frees it; NULL: no memory.
 */
char *profile_text(const struct profile_pck *pck);

#endif
