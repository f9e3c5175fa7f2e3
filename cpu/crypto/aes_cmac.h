/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-128-CMAC (NIST SP 800-38B, RFC 4493), over nettle's AES. */
#ifndef SWSGX_CPU_CRYPTO_AES_CMAC_H
#define SWSGX_CPU_CRYPTO_AES_CMAC_H

#include <stddef.h>
#include <stdint.h>

void aes_cmac(const uint8_t key[16], const void *data, size_t n,
	      uint8_t mac[16]);

#endif
