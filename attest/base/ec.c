/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/base/ec.h. */
#include "attest/base/ec.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <string.h>

#define HALF         32
#define POINT_SIZE   (1 + EC_SIZE)
#define UNCOMPRESSED 4
#define DER_MAX      80

EVP_PKEY *ec_generate(void)
{
	return EVP_EC_gen("P-256");
}

/* d: the private key, or NULL. */
static EVP_PKEY *make_key(const uint8_t point[POINT_SIZE], const BIGNUM *d)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bld &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
					    "prime256v1", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
					     point, POINT_SIZE) &&
	    (!d || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && ctx && EVP_PKEY_fromdata_init(ctx) > 0)
		EVP_PKEY_fromdata(ctx, &key,
				  d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				  params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *ec_from_public(const uint8_t xy[EC_SIZE])
{
	uint8_t point[POINT_SIZE] = { UNCOMPRESSED };

	memcpy(point + 1, xy, EC_SIZE);
	return make_key(point, NULL);
}

/* d = seed mod (n - 1) + 1 */
static bool private_key(const EC_GROUP *group, const uint8_t *seed, BIGNUM *d,
			BN_CTX *ctx)
{
	BIGNUM *m = BN_dup(EC_GROUP_get0_order(group));
	bool good = m && BN_sub_word(m, 1) &&
		    BN_bin2bn(seed, EC_SEED_SIZE, d) && BN_mod(d, d, m, ctx) &&
		    BN_add_word(d, 1);

	BN_free(m);
	return good;
}

EVP_PKEY *ec_from_seed(const uint8_t seed[EC_SEED_SIZE])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *at = group ? EC_POINT_new(group) : NULL;
	uint8_t point[POINT_SIZE];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *d = BN_new();
	EVP_PKEY *key = NULL;

	if (at && ctx && d && private_key(group, seed, d, ctx) &&
	    EC_POINT_mul(group, at, d, NULL, NULL, ctx) &&
	    EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point,
			       POINT_SIZE, ctx) == POINT_SIZE)
		key = make_key(point, d);
	BN_clear_free(d);
	BN_CTX_free(ctx);
	EC_POINT_free(at);
	EC_GROUP_free(group);
	return key;
}

int ec_public(EVP_PKEY *key, uint8_t xy[EC_SIZE])
{
	uint8_t point[POINT_SIZE];
	size_t n;

	if (!EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
					     point, sizeof(point), &n) ||
	    n != sizeof(point) || point[0] != UNCOMPRESSED)
		return -1;
	memcpy(xy, point + 1, EC_SIZE);
	return 0;
}

static int to_rs(const uint8_t *der, size_t n, uint8_t rs[EC_SIZE])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int r = -1;

	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, HALF) == HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + HALF, HALF) == HALF)
		r = 0;
	ECDSA_SIG_free(sig);
	return r;
}

int ec_sign(EVP_PKEY *key, const void *data, size_t n, uint8_t rs[EC_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[DER_MAX];
	size_t size = sizeof(der);
	int r = -1;

	if (ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) > 0 &&
	    EVP_DigestSign(ctx, der, &size, data, n) > 0)
		r = to_rs(der, size, rs);
	EVP_MD_CTX_free(ctx);
	return r;
}

/* The length of the DER, or -1. */
static int from_rs(const uint8_t rs[EC_SIZE], uint8_t der[DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(rs, HALF, NULL);
	BIGNUM *s = BN_bin2bn(rs + HALF, HALF, NULL);
	int n = -1;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		n = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n;
}

bool ec_verify(EVP_PKEY *key, const void *data, size_t n,
	       const uint8_t rs[EC_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[DER_MAX];
	int size = from_rs(rs, der);
	bool good = ctx && size > 0 &&
		    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) >
			    0 &&
		    EVP_DigestVerify(ctx, der, (size_t)size, data, n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}
