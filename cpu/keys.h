/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys.  The SDM says on what each key depends (a table with a column for each
 * KEYNAME) and leaves the derivation to the implementation.  Here a key is an
 * AES-CMAC over all dependencies, under a key made from the platform's root
 * provisioning key; the seal fuses are one of the dependencies, as in the
 * table.  So keys are the same on every start of one platform, and different
 * on another.
 *
 * Source: SDM "EGETKEY - Retrieves a Cryptographic Key", Operation and the
 * table "Key Derivation"; "EREPORT", "EINIT" for the keys they use.
 */
#ifndef SWSGX_CPU_KEYS_H
#define SWSGX_CPU_KEYS_H

#include "cpu/cpu.h"
#include "cpu/secs.h"
#include "cpu/sgx_arch.h"

#define SGX_KEY_SIZE 16

/*
 * EGETKEY's second half: the key that *request asks for, for the enclave of
 * this SECS, or the code that refuses it.  Reserved fields and the policy bits
 * of KSS are already checked.
 */
enum sgx_return_code key_for_request(const struct package *package,
				     const struct sgx_secs *secs,
				     const struct secs_hidden *hidden,
				     const struct sgx_keyrequest *request,
				     uint8_t key[SGX_KEY_SIZE]);

/* EREPORT: the report key of the enclave that *target describes. */
void key_for_report(const struct package *package,
		    const struct sgx_targetinfo *target,
		    const uint8_t keyid[32], uint8_t key[SGX_KEY_SIZE]);

/* EINIT: the key that authenticates *token. */
void key_for_einittoken(const struct package *package,
			const struct sgx_einittoken *token,
			const uint64_t sgxlepubkeyhash[4],
			uint8_t key[SGX_KEY_SIZE]);

/* Is no component of `cpusvn` newer than the processor's own? */
bool cpusvn_acceptable(const struct package *package, const uint8_t cpusvn[16]);

#endif
