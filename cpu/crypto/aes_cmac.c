/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-128-CMAC, RFC 4493 "AES-CMAC Algorithm".  Nettle has a CMAC too, but a
 * distribution compiles it with a stack protector, which reads FS:28H; FS
 * belongs to the program or to the enclave.  Its AES functions do not.
 */
#include "cpu/crypto/aes_cmac.h"

#include <nettle/aes.h>

#include "cpu/mem.h"

/* Multiply by x in GF(2^128): "leftshift, and xor const_Rb". */
static void double_block(uint8_t to[16], const uint8_t from[16])
{
	uint8_t carry = from[0] >> 7;
	int i;

	for (i = 0; i < 15; i++)
		to[i] = (uint8_t)(from[i] << 1 | from[i + 1] >> 7);
	to[15] = (uint8_t)(from[15] << 1) ^ (carry ? 0x87 : 0);
}

static void xor_block(uint8_t to[16], const uint8_t *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] ^= from[i];
}

void aes_cmac(const uint8_t key[16], const void *data, size_t n,
	      uint8_t mac[16])
{
	const uint8_t *p = data;
	uint8_t subkey[16] = { 0 }, x[16] = { 0 };
	struct aes128_ctx aes;

	aes128_set_encrypt_key(&aes, key);
	aes128_encrypt(&aes, 16, subkey, subkey);
	double_block(subkey, subkey); /* K1 */

	for (; n > 16; n -= 16, p += 16) {
		xor_block(x, p, 16);
		aes128_encrypt(&aes, 16, x, x);
	}
	xor_block(x, p, n);
	if (n < 16) {
		double_block(subkey, subkey); /* K2 */
		x[n] ^= 0x80;
	}
	xor_block(x, subkey, 16);
	aes128_encrypt(&aes, 16, mac, x);
}
