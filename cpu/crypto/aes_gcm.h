/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-128-GCM (NIST SP 800-38D) with an IV of 96 bits, over nettle's AES and
 * GHASH.
 */
#ifndef SWSGX_CPU_CRYPTO_AES_GCM_H
#define SWSGX_CPU_CRYPTO_AES_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AES_GCM_IV_SIZE  12
#define AES_GCM_MAC_SIZE 16

/* What encryption and decryption have to agree upon. */
struct aes_gcm {
	const uint8_t *key; /* 16 bytes */
	const uint8_t *iv;  /* AES_GCM_IV_SIZE bytes */
	const void *aad;    /* additional authenticated data */
	size_t aad_size;
};

/* `from` and `to` are the same n bytes, or do not overlap. */
void aes_gcm_encrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, uint8_t mac[AES_GCM_MAC_SIZE]);
/* False, and nothing written, if the MAC is not that of text and AAD. */
bool aes_gcm_decrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, const uint8_t mac[AES_GCM_MAC_SIZE]);

#endif
