/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-128-GCM, NIST SP 800-38D "GCM Specification".  Nettle has all of it, but
 * a distribution compiles its GCM with a stack protector, which reads FS:28H
 * (see init.h).  Its AES and its GHASH, where the time goes, do not; the second
 * is exported, but in no header.
 */
#include "cpu/crypto/aes_gcm.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/memxor.h>

#include "cpu/mem.h"

#define BLOCK    16u
#define COUNTERS 32u /* blocks that are encrypted at one go */

/* Nettle's ghash-internal.h: the hash subkey; and whole blocks of data. */
void _nettle_ghash_set_key(struct gcm_key *key, const union nettle_block16 *h);
const uint8_t *_nettle_ghash_update(const struct gcm_key *key,
				    union nettle_block16 *x, size_t blocks,
				    const uint8_t *data);

/* One message: SP 800-38D's H and its block X of GHASH, J0, and the cipher. */
struct message {
	struct aes128_ctx aes;
	struct gcm_key h;
	union nettle_block16 x;
	uint8_t j0[BLOCK];
};

static void store_be32(uint8_t to[4], uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

static void store_be64(uint8_t to[8], uint64_t value)
{
	store_be32(to, (uint32_t)(value >> 32));
	store_be32(to + 4, (uint32_t)value);
}

/* Data is padded with zeros to whole blocks. */
static void ghash(struct message *msg, const void *data, size_t n)
{
	uint8_t last[BLOCK] = { 0 };

	_nettle_ghash_update(&msg->h, &msg->x, n / BLOCK, data);
	if (n % BLOCK) {
		memcpy(last, (const uint8_t *)data + n / BLOCK * BLOCK,
		       n % BLOCK);
		_nettle_ghash_update(&msg->h, &msg->x, 1, last);
	}
}

static void begin(struct message *msg, const struct aes_gcm *gcm)
{
	static const union nettle_block16 zero;
	union nettle_block16 h;

	aes128_set_encrypt_key(&msg->aes, gcm->key);
	aes128_encrypt(&msg->aes, BLOCK, h.b, zero.b);
	_nettle_ghash_set_key(&msg->h, &h);
	msg->x = zero;
	memcpy(msg->j0, gcm->iv, AES_GCM_IV_SIZE);
	store_be32(msg->j0 + AES_GCM_IV_SIZE, 1);
	ghash(msg, gcm->aad, gcm->aad_size);
}

/* GCTR from inc32(J0) on. */
static void crypt(const struct message *msg, const uint8_t *from, uint8_t *to,
		  size_t n)
{
	uint8_t counters[COUNTERS * BLOCK], stream[COUNTERS * BLOCK];
	uint32_t counter = 2;
	size_t i, part;

	for (i = 0; i < COUNTERS; i++)
		memcpy(counters + i * BLOCK, msg->j0, AES_GCM_IV_SIZE);
	for (; n; n -= part, from += part, to += part) {
		for (i = 0; i < COUNTERS; i++)
			store_be32(counters + i * BLOCK + AES_GCM_IV_SIZE,
				   counter++);
		aes128_encrypt(&msg->aes, sizeof(stream), stream, counters);
		part = n < sizeof(stream) ? n : sizeof(stream);
		memxor3(to, from, stream, part);
	}
}

static void finish(struct message *msg, size_t aad_size, size_t n,
		   uint8_t mac[AES_GCM_MAC_SIZE])
{
	uint8_t lengths[BLOCK];
	unsigned i;

	store_be64(lengths, 8 * (uint64_t)aad_size);
	store_be64(lengths + 8, 8 * (uint64_t)n);
	ghash(msg, lengths, sizeof(lengths));
	aes128_encrypt(&msg->aes, BLOCK, mac, msg->j0);
	for (i = 0; i < BLOCK; i++)
		mac[i] ^= msg->x.b[i];
}

void aes_gcm_encrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, uint8_t mac[AES_GCM_MAC_SIZE])
{
	struct message msg;

	begin(&msg, gcm);
	crypt(&msg, from, to, n);
	ghash(&msg, to, n);
	finish(&msg, gcm->aad_size, n, mac);
}

bool aes_gcm_decrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, const uint8_t mac[AES_GCM_MAC_SIZE])
{
	uint8_t computed[AES_GCM_MAC_SIZE];
	struct message msg;

	begin(&msg, gcm);
	ghash(&msg, from, n);
	finish(&msg, gcm->aad_size, n, computed);
	if (memcmp(computed, mac, sizeof(computed)) != 0)
		return false;
	crypt(&msg, from, to, n);
	return true;
}
