/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Intel's provisioning enclaves make of a platform's keys: the key that a
 * PCK certificate is for, and the platform's names.  The Provisioning
 * Certification Enclave, if it is executed, finds the same; linux-sgx
 * psw/ae/pce.  Plus the quoting enclave of ours, which is no enclave: its
 * identity is synthetic.
 */
#ifndef SWSGX_ATTEST_PKI_PLATFORM_KEYS_H
#define SWSGX_ATTEST_PKI_PLATFORM_KEYS_H

#include <openssl/evp.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

#define PCE_ISVSVN 16 /* of the enclave that Intel ships now */
#define QE_ISVSVN  11

/* NULL: OpenSSL could not.  Free it by EVP_PKEY_free(). */
EVP_PKEY *platform_pck_key(const struct package *package);
EVP_PKEY *platform_attestation_key(const struct package *package);

void platform_ppid(const struct package *package, uint8_t ppid[16]);
void platform_qe_id(const struct package *package, uint8_t qe_id[16]);

/* The quoting enclave. */
void qe_targetinfo(struct sgx_targetinfo *target);
void qe_mrsigner(uint8_t mrsigner[32]);
/*
 * Its report for the enclave that `target` describes, or for nobody (NULL, and
 * then the MAC is zero).
 */
void qe_report(const struct package *package,
	       const struct sgx_targetinfo *target,
	       const uint8_t reportdata[64], struct sgx_report *report);

#endif
