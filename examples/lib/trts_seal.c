/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealing by EGETKEY and AES-GCM.  Source: SDM "EGETKEY", "EREPORT". */
#include "examples/lib/trts_seal.h"

#include "examples/lib/trts.h"
#include "examples/lib/trts_aes_gcm.h"

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
					 : "=r"(word), "=qm"(good)
					 :
					 : "cc");
		} while (!good && --tries);
		if (!good)
			return -1;
		__builtin_memcpy(p + i, &word, 8);
	}
	return 0;
}

/* The versions that this enclave and this platform have now. */
static void current_versions(struct seal_header *header)
{
	static const struct targetinfo nobody;
	static const struct reportdata nothing;
	struct report report;

	ereport(&nobody, &nothing, &report);
	__builtin_memcpy(header->cpusvn, report.cpusvn, 16);
	header->isvsvn = report.isvsvn;
}

static int sealing_key(const struct seal_header *header, uint8_t *key)
{
	struct keyrequest request = {
		.keyname = KEYNAME_SEAL,
		.keypolicy = KEYPOLICY_MRSIGNER,
		.isvsvn = header->isvsvn,
		/* A debug enclave must not open what a real one sealed. */
		.attributemask = ATTRIBUTE_INIT | ATTRIBUTE_DEBUG,
	};

	__builtin_memcpy(request.cpusvn, header->cpusvn, 16);
	__builtin_memcpy(request.keyid, header->keyid, 32);
	return egetkey(&request, key) ? -1 : 0;
}

enum seal_status seal(struct seal_header *header, const char magic[8],
		      const void *state, void *sealed, size_t n,
		      uint8_t tag[16])
{
	struct aes_gcm_aad aad = { header, sizeof(*header) };
	uint8_t key[16] __attribute__((aligned(16)));

	__builtin_memset(header, 0, sizeof(*header));
	__builtin_memcpy(header->magic, magic, 8);
	current_versions(header);
	if (fill_random(header->keyid, sizeof(header->keyid)))
		return SEAL_NO_ENTROPY;
	if (sealing_key(header, key))
		return SEAL_NO_KEY;
	aes_gcm_seal(key, iv, aad, state, sealed, n, tag);
	return SEAL_OK;
}

enum seal_status unseal(const struct seal_header *header, const char magic[8],
			const void *sealed, void *state, size_t n,
			const uint8_t tag[16])
{
	struct aes_gcm_aad aad = { header, sizeof(*header) };
	uint8_t key[16] __attribute__((aligned(16)));

	if (__builtin_memcmp(header->magic, magic, 8))
		return SEAL_BROKEN;
	if (sealing_key(header, key))
		return SEAL_NO_KEY;
	if (aes_gcm_open(key, iv, aad, sealed, state, n, tag))
		return SEAL_BROKEN;
	return SEAL_OK;
}
