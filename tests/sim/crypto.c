/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In place of cpu/crypto/aes_gcm.c: a cipher that only has to be quick, and to
 * tell ciphertext from what it was made of, and a version from another.  Like
 * the real one it may be interrupted, or end, in the middle of a page.
 */
#include "cpu/crypto/aes_gcm.h"

#include <string.h>

#include "kernel/platform/layout.h"
#include "tests/sim/sim.h"

#define PIECE 1024u

static uint64_t word(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint64_t stream(const struct aes_gcm *gcm)
{
	uint64_t s = word(gcm->iv + AES_GCM_IV_SIZE - 8);

	s = sim_mix(&s) ^ word(gcm->key) ^ word(gcm->iv);
	return sim_mix(&s) | 1;
}

/* As wide as each processor of ours has registers. */
typedef uint64_t lanes __attribute__((vector_size(16), aligned(1), may_alias));

/* Each step can be undone, so another text has another sum, nearly always. */
static lanes mixed(lanes a, lanes w)
{
	a ^= w;
	a += a << 11;
	return a ^ a >> 29;
}

/* Four at a time, because each waits for the one before it. */
static uint64_t sum(uint64_t s, const uint8_t *p, size_t n)
{
	lanes a[4] = { { s, s + 1 },
		       { s + 2, s + 3 },
		       { s + 4, s + 5 },
		       { s + 6, s + 7 } };
	size_t i;

	for (i = 0; i + 64 <= n; i += 64)
		for (unsigned int j = 0; j < 4; j++)
			a[j] = mixed(a[j], *(const lanes *)(p + i + 16 * j));
	for (; i + 16 <= n; i += 16)
		a[0] = mixed(a[0], *(const lanes *)(p + i));
	for (unsigned int j = 1; j < 4; j++)
		a[0] = mixed(a[0], a[j]);
	s = a[0][0] + a[0][1] * 0x100000001b3ull;
	return sim_mix(&s);
}

static void make_mac(const struct aes_gcm *gcm, uint64_t text, uint8_t mac[16])
{
	uint64_t m[2] = { sum(stream(gcm), gcm->aad, gcm->aad_size), text };

	memcpy(mac, m, 16);
}

static void xor_piece(uint64_t s, const uint8_t *from, uint8_t *to, size_t n)
{
	const lanes key = { s, s };

	for (size_t i = 0; i < n; i += sizeof(lanes))
		*(lanes *)(to + i) = *(const lanes *)(from + i) ^ key;
}

static void crypt(const struct aes_gcm *gcm, const uint8_t *from, uint8_t *to,
		  size_t n)
{
	uint64_t s = stream(gcm);

	for (size_t i = 0; i < n; i += PIECE) {
		if (sim_is_shared(to))
			memory_dirty(to + i, PIECE);
		SIM_POINT();
		xor_piece(s, from + i, to + i, PIECE);
	}
}

static void trace_page(const char *what, const void *p)
{
	uint64_t pa = (uint64_t)(uintptr_t)p - SIM_PLATFORM - PLATFORM_OFF_EPC;

	for (unsigned int e = 0; e < SIM_ENCLS; e++)
		if (pa - world.encl[e].epc_base < SIM_PAGES * SGX_PAGE_SIZE)
			sim_trace("page %lu of enclave %u %s",
				  (pa - world.encl[e].epc_base) >> 12, e, what);
}

void aes_gcm_encrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, uint8_t mac[16])
{
	trace_page("is encrypted", from);
	SIM_POINT();
	make_mac(gcm, sum(stream(gcm), from, n), mac);
	crypt(gcm, from, to, n);
}

bool aes_gcm_decrypt(const struct aes_gcm *gcm, const void *from, void *to,
		     size_t n, const uint8_t mac[16])
{
	uint8_t text[4096], want[16];

	SIM_POINT();
	if (n > sizeof(text))
		return false;
	xor_piece(stream(gcm), from, text, n);
	make_mac(gcm, sum(stream(gcm), text, n), want);
	if (memcmp(want, mac, 16))
		return false;
	trace_page("is decrypted", to);
	crypt(gcm, from, to, n);
	return true;
}
