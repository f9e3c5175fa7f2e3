/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encryption of pages that leave the EPC.
 * SDM "EWB - Invalidate an EPC Page and Write out to Main Memory", Operation.
 */
#include "cpu/paging.h"

#include "cpu/crypto/aes_gcm.h"

uint64_t paging_new_version(struct package *package)
{
	return __atomic_fetch_add(&package->cr_paging_version,
				  PAGING_VERSION_STEP, __ATOMIC_RELAXED);
}

/*
 * The counter is the version times 2 to the 32: GCM's own counter has the low
 * 32 of its 128 bits, the IV the others.
 */
static void make_iv(uint64_t version, uint8_t iv[AES_GCM_IV_SIZE])
{
	int i;

	for (i = 0; i < 4; i++)
		iv[i] = 0;
	for (i = 0; i < 8; i++)
		iv[4 + i] = (uint8_t)(version >> (56 - 8 * i));
}

void paging_seal(const struct package *package, uint64_t version,
		 const struct paging_header *header, const void *from, void *to,
		 uint8_t mac[16])
{
	uint8_t iv[AES_GCM_IV_SIZE];
	const struct aes_gcm gcm = {
		.key = package->cr_base_pk,
		.iv = iv,
		.aad = header,
		.aad_size = sizeof(*header),
	};

	make_iv(version, iv);
	aes_gcm_encrypt(&gcm, from, to, SGX_PAGE_SIZE, mac);
}

bool paging_open(const struct package *package, uint64_t version,
		 const struct paging_header *header, const void *from, void *to,
		 const uint8_t mac[16])
{
	uint8_t iv[AES_GCM_IV_SIZE];
	const struct aes_gcm gcm = {
		.key = package->cr_base_pk,
		.iv = iv,
		.aad = header,
		.aad_size = sizeof(*header),
	};

	make_iv(version, iv);
	return aes_gcm_decrypt(&gcm, from, to, SGX_PAGE_SIZE, mac);
}
