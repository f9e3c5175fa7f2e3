/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signer's key: RSA with 3072 bits and exponent 3, which is what EINIT
 * verifies.  Source: SDM "Enclave Signature Structure (SIGSTRUCT)".
 */
#include "examples/lib/key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/lib/enclave.h"
#include "examples/lib/error.h"

static struct enclave_key *key_new(EVP_PKEY *pkey)
{
	struct enclave_key *key = malloc(sizeof(*key));

	if (!key) {
		EVP_PKEY_free(pkey);
		enclave_fail(ENOMEM, "key: out of memory");
		return NULL;
	}
	key->pkey = pkey;
	return key;
}

struct enclave_key *enclave_key_generate(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *pkey = NULL;

	if (!ctx || !e || !BN_set_word(e, KEY_EXPONENT) ||
	    EVP_PKEY_keygen_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, KEY_BITS) <= 0 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) <= 0 ||
	    EVP_PKEY_generate(ctx, &pkey) <= 0)
		enclave_fail(EIO, "key: generating an RSA key failed");
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return pkey ? key_new(pkey) : NULL;
}

static int check_key(EVP_PKEY *pkey, const char *path)
{
	BIGNUM *e = NULL;
	bool good_exponent;

	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return enclave_fail(EINVAL, "%s: key type: expected RSA", path);
	if (EVP_PKEY_get_bits(pkey) != KEY_BITS)
		return enclave_fail(EINVAL, "%s: key size %d bits: expected %d",
				    path, EVP_PKEY_get_bits(pkey), KEY_BITS);
	good_exponent = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E,
					      &e) &&
			BN_is_word(e, KEY_EXPONENT);
	BN_free(e);
	if (!good_exponent)
		return enclave_fail(EINVAL, "%s: public exponent: expected %d",
				    path, KEY_EXPONENT);
	return 0;
}

struct enclave_key *enclave_key_load(const char *pem_path)
{
	FILE *f = fopen(pem_path, "re");
	EVP_PKEY *pkey;

	if (!f) {
		enclave_fail_errno("%s", pem_path);
		return NULL;
	}
	pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	if (!pkey) {
		enclave_fail(EINVAL, "%s: expected a private key in PEM format",
			     pem_path);
		return NULL;
	}
	if (check_key(pkey, pem_path)) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return key_new(pkey);
}

/* O_EXCL: never write over a key, which nobody could make again. */
int enclave_key_save(const struct enclave_key *key, const char *pem_path)
{
	int fd = open(pem_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f;
	int written;

	if (fd < 0)
		return enclave_fail_errno("%s", pem_path);
	f = fdopen(fd, "w");
	if (!f) {
		close(fd);
		return enclave_fail_errno("%s", pem_path);
	}
	written = PEM_write_PrivateKey(f, key->pkey, NULL, NULL, 0, NULL, NULL);
	if (fclose(f) || !written)
		return enclave_fail(EIO, "%s: writing the key failed",
				    pem_path);
	return 0;
}

void enclave_key_free(struct enclave_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}
