/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealing by EGETKEY and AES-GCM.  Source: SDM "EGETKEY", "EREPORT". */
#include "examples/ledger/enclave/seal.h"

#include "examples/ledger/enclave/aes_gcm.h"
#include "examples/lib/trts.h"

/* The clear header is what precedes the state. */
#define HEADER	offsetof(struct ledger_sealed, state)

/* Every seal draws a KEYID, hence a new key: so one IV will do. */
static const uint8_t iv[12];

/* RDRAND: one of the few sources of entropy that the host cannot influence. */
static int fill_random(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += 8) {
		unsigned tries = 100;
		uint64_t word;
		uint8_t good;

		do {
			__asm__ volatile("rdrand %0; setc %1"
					 : "=r"(word), "=qm"(good) : : "cc");
		} while (!good && --tries);
		if (!good)
			return -1;
		__builtin_memcpy(p + i, &word, 8);
	}
	return 0;
}

/* The versions that this enclave and this platform have now. */
static void current_versions(struct ledger_sealed *sealed)
{
	static const struct targetinfo nobody;
	static const struct reportdata nothing;
	struct report report;

	ereport(&nobody, &nothing, &report);
	__builtin_memcpy(sealed->cpusvn, report.cpusvn, 16);
	sealed->isvsvn = report.isvsvn;
}

static int sealing_key(const struct ledger_sealed *sealed, uint8_t *key)
{
	struct keyrequest request = {
		.keyname = KEYNAME_SEAL,
		.keypolicy = KEYPOLICY_MRSIGNER,
		.isvsvn = sealed->isvsvn,
		/* A debug enclave must not open what a real one sealed. */
		.attributemask = ATTRIBUTE_INIT | ATTRIBUTE_DEBUG,
	};

	__builtin_memcpy(request.cpusvn, sealed->cpusvn, 16);
	__builtin_memcpy(request.keyid, sealed->keyid, 32);
	return egetkey(&request, key) ? -1 : 0;
}

enum ledger_status seal(struct ledger_sealed *sealed,
			const uint8_t state[LEDGER_STATE])
{
	struct aes_gcm_aad header = { sealed, HEADER };
	uint8_t key[16] __attribute__((aligned(16)));

	__builtin_memset(sealed, 0, sizeof(*sealed));
	__builtin_memcpy(sealed->magic, LEDGER_MAGIC, 8);
	current_versions(sealed);
	if (fill_random(sealed->keyid, sizeof(sealed->keyid)))
		return LEDGER_NO_ENTROPY;
	if (sealing_key(sealed, key))
		return LEDGER_NO_KEY;
	aes_gcm_seal(key, iv, header, state, sealed->state, LEDGER_STATE,
		     sealed->tag);
	return LEDGER_OK;
}

enum ledger_status unseal(const struct ledger_sealed *sealed,
			  uint8_t state[LEDGER_STATE])
{
	struct aes_gcm_aad header = { sealed, HEADER };
	uint8_t key[16] __attribute__((aligned(16)));

	if (__builtin_memcmp(sealed->magic, LEDGER_MAGIC, 8))
		return LEDGER_BAD_SEAL;
	if (sealing_key(sealed, key))
		return LEDGER_NO_KEY;
	if (aes_gcm_open(key, iv, header, sealed->state, state, LEDGER_STATE,
			 sealed->tag))
		return LEDGER_BAD_SEAL;
	return LEDGER_OK;
}
