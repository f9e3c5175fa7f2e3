/* SPDX-License-Identifier: BSD-3-Clause */
/* RSA with exponent 3 over many small primes, by the Chinese remainders. */
#include "tests/fuzz/signer.h"

#include <gmp.h>
#include <string.h>

#include "cpu/crypto/sha256.h"
#include "tests/fuzz/input.h"

#define PRIMES     12
#define PRIME_BITS 256
#define KEY_BYTES  384

static struct {
	mpz_t n;
	struct {
		mpz_t p;
		mpz_t d;   /* cubing undone, modulo p */
		mpz_t one; /* 1 modulo p, 0 modulo the others */
	} prime[PRIMES];
} key;

/* The next prime above *p for which cubing can be undone. */
static void next_prime(mpz_t p)
{
	do
		mpz_nextprime(p, p);
	while (mpz_fdiv_ui(p, 3) != 2);
}

static void make_inverse(unsigned i)
{
	mpz_t three, order;

	mpz_init_set_ui(three, 3);
	mpz_init(order);
	mpz_sub_ui(order, key.prime[i].p, 1);
	must(mpz_invert(key.prime[i].d, three, order));
	mpz_divexact(order, key.n, key.prime[i].p);
	must(mpz_invert(three, order, key.prime[i].p));
	mpz_mul(key.prime[i].one, order, three);
	mpz_clears(three, order, NULL);
}

void signer_init(void)
{
	mpz_t p;

	/* Near the top, so that the product has all its bits. */
	mpz_init_set_ui(p, 0xffffff);
	mpz_mul_2exp(p, p, PRIME_BITS - 24);
	mpz_init_set_ui(key.n, 1);
	for (unsigned i = 0; i < PRIMES; i++) {
		next_prime(p);
		mpz_init_set(key.prime[i].p, p);
		mpz_inits(key.prime[i].d, key.prime[i].one, NULL);
		mpz_mul(key.n, key.n, p);
	}
	must(mpz_sizeinbase(key.n, 2) == KEY_BYTES * 8);
	for (unsigned i = 0; i < PRIMES; i++)
		make_inverse(i);
	mpz_clear(p);
}

static void to_bytes(uint8_t out[KEY_BYTES], const mpz_t value)
{
	memset(out, 0, KEY_BYTES);
	must(mpz_sizeinbase(value, 256) <= KEY_BYTES);
	mpz_export(out, NULL, -1, 1, 0, 0, value);
}

void signer_begin(struct sgx_sigstruct *sig)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	static const uint8_t header2[] = SIGSTRUCT_HEADER2;

	memset(sig, 0, sizeof(*sig));
	memcpy(sig->header, header, sizeof(header));
	memcpy(sig->header2, header2, sizeof(header2));
	sig->exponent = 3;
	to_bytes(sig->modulus, key.n);
}

/* PKCS #1 v1.5 of the SHA-256 of the signed fields. */
static void encode(const struct sgx_sigstruct *sig, mpz_t message)
{
	static const uint8_t der[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
				       0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
				       0x01, 0x05, 0x00, 0x04, 0x20 };
	uint8_t em[KEY_BYTES], *tail = em + KEY_BYTES - 32 - sizeof(der);
	struct sha256 sha256;

	memset(em, 0xff, sizeof(em));
	em[0] = 0;
	em[1] = 1;
	tail[-1] = 0;
	memcpy(tail, der, sizeof(der));
	sha256_begin(&sha256);
	sha256_add(&sha256, sig, SIGSTRUCT_SIGNED1_SIZE);
	sha256_add(&sha256, (const uint8_t *)sig + SIGSTRUCT_SIGNED2,
		   SIGSTRUCT_SIGNED2_SIZE);
	sha256_end(&sha256, em + KEY_BYTES - 32);
	mpz_import(message, KEY_BYTES, 1, 1, 0, 0, em);
}

static void cube_root(mpz_t s, const mpz_t message)
{
	mpz_t part;

	mpz_init(part);
	mpz_set_ui(s, 0);
	for (unsigned i = 0; i < PRIMES; i++) {
		mpz_powm(part, message, key.prime[i].d, key.prime[i].p);
		mpz_addmul(s, part, key.prime[i].one);
	}
	mpz_mod(s, s, key.n);
	mpz_clear(part);
}

void signer_sign(struct sgx_sigstruct *sig)
{
	mpz_t s, q, r;

	mpz_inits(s, q, r, NULL);
	encode(sig, q);
	cube_root(s, q);
	to_bytes(sig->signature, s);
	mpz_mul(q, s, s);
	mpz_fdiv_qr(q, r, q, key.n);
	to_bytes(sig->q1, q);
	mpz_mul(r, r, s);
	mpz_fdiv_q(q, r, key.n);
	to_bytes(sig->q2, q);
	mpz_clears(s, q, r, NULL);
}

void signer_mrsigner(uint8_t mrsigner[32])
{
	uint8_t modulus[KEY_BYTES];
	struct sha256 sha256;

	to_bytes(modulus, key.n);
	sha256_begin(&sha256);
	sha256_add(&sha256, modulus, sizeof(modulus));
	sha256_end(&sha256, mrsigner);
}
