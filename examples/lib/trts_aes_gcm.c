/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-128-GCM by AES-NI.  Source: NIST SP 800-38D. */
#include "examples/lib/trts_aes_gcm.h"

#include <wmmintrin.h>

#define ROUNDS 10

/* A block as a polynomial, first bit of the first byte = bit 63 of hi. */
struct block128 {
	uint64_t hi, lo;
};

struct gcm {
	__m128i round_key[ROUNDS + 1];
	struct block128 h;
	struct block128 ghash;
};

/* AESKEYGENASSIST takes its round constant as an immediate. */
#define EXPAND(k, n, rcon) \
	((k)[n] = next_round_key((k)[(n)-1], \
				 _mm_aeskeygenassist_si128((k)[(n)-1], rcon)))

static __m128i next_round_key(__m128i key, __m128i assist)
{
	assist = _mm_shuffle_epi32(assist, 0xff);
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	return _mm_xor_si128(key, assist);
}

static void expand_key(__m128i k[ROUNDS + 1], const uint8_t key[16])
{
	k[0] = _mm_loadu_si128((const __m128i *)key);
	EXPAND(k, 1, 0x01);
	EXPAND(k, 2, 0x02);
	EXPAND(k, 3, 0x04);
	EXPAND(k, 4, 0x08);
	EXPAND(k, 5, 0x10);
	EXPAND(k, 6, 0x20);
	EXPAND(k, 7, 0x40);
	EXPAND(k, 8, 0x80);
	EXPAND(k, 9, 0x1b);
	EXPAND(k, 10, 0x36);
}

static void encrypt_block(const __m128i k[ROUNDS + 1], const uint8_t in[16],
			  uint8_t out[16])
{
	__m128i b = _mm_loadu_si128((const __m128i *)in);
	unsigned i;

	b = _mm_xor_si128(b, k[0]);
	for (i = 1; i < ROUNDS; i++)
		b = _mm_aesenc_si128(b, k[i]);
	b = _mm_aesenclast_si128(b, k[ROUNDS]);
	_mm_storeu_si128((__m128i *)out, b);
}

static uint64_t load_be64(const uint8_t *p)
{
	uint64_t x = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		x = x << 8 | p[i];
	return x;
}

static void store_be64(uint8_t *p, uint64_t x)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		p[i] = (uint8_t)(x >> (56 - 8 * i));
}

/* x * y in GF(2^128), in time that depends on neither. */
static struct block128 multiply(struct block128 x, struct block128 y)
{
	struct block128 z = { 0, 0 };
	unsigned i;

	for (i = 0; i < 128; i++) {
		uint64_t take = -(x.hi >> 63);
		uint64_t carry = -(y.lo & 1);

		z.hi ^= y.hi & take;
		z.lo ^= y.lo & take;
		x.hi = x.hi << 1 | x.lo >> 63;
		x.lo <<= 1;
		y.lo = y.lo >> 1 | y.hi << 63;
		y.hi = y.hi >> 1 ^ (carry & 0xe1ull << 56);
	}
	return z;
}

static void ghash_block(struct gcm *g, uint64_t hi, uint64_t lo)
{
	g->ghash.hi ^= hi;
	g->ghash.lo ^= lo;
	g->ghash = multiply(g->ghash, g->h);
}

/* The last block is filled up with zeros. */
static void ghash(struct gcm *g, const void *data, size_t length)
{
	const uint8_t *p = data;

	while (length) {
		uint8_t block[16] = { 0 };
		size_t i, n = length < 16 ? length : 16;

		for (i = 0; i < n; i++)
			block[i] = p[i];
		ghash_block(g, load_be64(block), load_be64(block + 8));
		p += n;
		length -= n;
	}
}

static void counter_block(uint8_t block[16], const uint8_t iv[12], uint32_t n)
{
	unsigned i;

	for (i = 0; i < 12; i++)
		block[i] = iv[i];
	for (i = 0; i < 4; i++)
		block[12 + i] = (uint8_t)(n >> (24 - 8 * i));
}

/* Counter 1 is for the tag; the text begins with 2. */
static void ctr(const struct gcm *g, const uint8_t iv[12], const uint8_t *in,
		uint8_t *out, size_t length)
{
	uint8_t block[16], stream[16];
	uint32_t n = 2;
	size_t i;

	for (i = 0; i < length; i++) {
		if (i % 16 == 0) {
			counter_block(block, iv, n++);
			encrypt_block(g->round_key, block, stream);
		}
		out[i] = in[i] ^ stream[i % 16];
	}
}

static void gcm_init(struct gcm *g, const uint8_t key[16],
		     struct aes_gcm_aad aad)
{
	uint8_t zero[16] = { 0 }, h[16];

	expand_key(g->round_key, key);
	encrypt_block(g->round_key, zero, h);
	g->h.hi = load_be64(h);
	g->h.lo = load_be64(h + 8);
	g->ghash.hi = g->ghash.lo = 0;
	ghash(g, aad.data, aad.length);
}

static void gcm_tag(struct gcm *g, const uint8_t iv[12], uint64_t aad_length,
		    uint64_t length, uint8_t tag[16])
{
	uint8_t block[16], mask[16];
	unsigned i;

	ghash_block(g, aad_length * 8, length * 8);
	counter_block(block, iv, 1);
	encrypt_block(g->round_key, block, mask);
	store_be64(tag, g->ghash.hi);
	store_be64(tag + 8, g->ghash.lo);
	for (i = 0; i < 16; i++)
		tag[i] ^= mask[i];
}

void aes_gcm_seal(const uint8_t key[16], const uint8_t iv[12],
		  struct aes_gcm_aad aad, const void *in, void *out,
		  size_t length, uint8_t tag[16])
{
	struct gcm g;

	gcm_init(&g, key, aad);
	ctr(&g, iv, in, out, length);
	ghash(&g, out, length);
	gcm_tag(&g, iv, aad.length, length, tag);
}

int aes_gcm_open(const uint8_t key[16], const uint8_t iv[12],
		 struct aes_gcm_aad aad, const void *in, void *out,
		 size_t length, const uint8_t tag[16])
{
	struct gcm g;
	uint8_t expected[16], difference = 0;
	unsigned i;

	gcm_init(&g, key, aad);
	ghash(&g, in, length);
	gcm_tag(&g, iv, aad.length, length, expected);
	for (i = 0; i < 16; i++)
		difference |= tag[i] ^ expected[i];
	if (difference)
		return -1;
	ctr(&g, iv, in, out, length);
	return 0;
}
