/* SPDX-License-Identifier: BSD-3-Clause */
/* See tests/unit/key.h. */
#include "tests/unit/key.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define KEY_BITS 3072
#define EXPONENT 3

static void must(int held)
{
	if (!held)
		abort();
}

static EVP_PKEY *make_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	must(ctx && e && BN_set_word(e, EXPONENT));
	must(EVP_PKEY_keygen_init(ctx) == 1);
	must(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, KEY_BITS) == 1);
	must(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1);
	must(EVP_PKEY_generate(ctx, &key) == 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key;

	if (!file)
		return NULL;
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	return key;
}

static void write_key(const char *path, EVP_PKEY *key)
{
	FILE *file = fopen(path, "w");

	must(file &&
	     PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	must(fclose(file) == 0);
}

EVP_PKEY *test_key(void)
{
	const char *path = getenv("SWSGX_TEST_KEY");
	static EVP_PKEY *key;

	if (!key && path)
		key = read_key(path);
	if (key)
		return key;
	key = make_key();
	if (path)
		write_key(path, key);
	return key;
}
