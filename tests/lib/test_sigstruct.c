/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGSTRUCT as EINIT will check it: the signature by OpenSSL, Q1 and Q2 by the
 * multiplications that the processor makes.  Source: SDM "EINIT".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/lib/enclave.h"

#define BYTES 384

static struct enclave_key *key;
static char dir[] = "/tmp/test-sigstruct.XXXXXX";
static char path[64];

static struct sigstruct signed_one(const struct enclave_options *options)
{
	static const uint8_t mrenclave[32] = { 1, 2, 3 };
	struct sigstruct sig;

	enclave_sigstruct_fill(&sig, options, mrenclave);
	assert_int_equal(enclave_sigstruct_sign(&sig, key), 0);
	return sig;
}

static EVP_PKEY *public_key(const struct sigstruct *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_lebin2bn(sig->modulus, BYTES, NULL);
	OSSL_PARAM *params;
	EVP_PKEY *pkey = NULL;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, sig->exponent);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY,
					   params),
			 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool signature_is_good(const struct sigstruct *sig)
{
	EVP_PKEY *pkey = public_key(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t big_endian[BYTES];
	unsigned i;
	int ok;

	for (i = 0; i < BYTES; i++)
		big_endian[i] = sig->signature[BYTES - 1 - i];
	EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey);
	EVP_DigestVerifyUpdate(ctx, sig, 128);
	EVP_DigestVerifyUpdate(ctx, (const uint8_t *)sig + 900, 128);
	ok = EVP_DigestVerifyFinal(ctx, big_endian, BYTES);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok == 1;
}

static void signature_verifies(void **state)
{
	struct sigstruct sig = signed_one(NULL);

	(void)state;
	assert_true(signature_is_good(&sig));
	sig.isvsvn++;
	assert_false(signature_is_good(&sig));
	assert_int_equal(enclave_sigstruct_sign(&sig, key), 0);
	assert_true(signature_is_good(&sig));
}

/* R1 = S*S - Q1*N and M = S*R1 - Q2*N must both be in [0, N). */
static void quotients_are_right(void **state)
{
	struct sigstruct sig = signed_one(NULL);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_lebin2bn(sig.modulus, BYTES, NULL);
	BIGNUM *s = BN_lebin2bn(sig.signature, BYTES, NULL);
	BIGNUM *q1 = BN_lebin2bn(sig.q1, BYTES, NULL);
	BIGNUM *q2 = BN_lebin2bn(sig.q2, BYTES, NULL);
	BIGNUM *r = BN_new(), *t = BN_new();
	uint8_t message[BYTES];

	(void)state;
	BN_sqr(r, s, ctx);
	BN_mul(t, q1, n, ctx);
	BN_sub(r, r, t);
	assert_true(!BN_is_negative(r) && BN_cmp(r, n) < 0);
	BN_mul(r, r, s, ctx);
	BN_mul(t, q2, n, ctx);
	BN_sub(r, r, t);
	assert_true(!BN_is_negative(r) && BN_cmp(r, n) < 0);
	assert_int_equal(BN_bn2binpad(r, message, BYTES), BYTES);
	assert_int_equal(message[0], 0);
	assert_int_equal(message[1], 1);
	assert_int_equal(message[2], 0xff);
	BN_free(n);
	BN_free(s);
	BN_free(q1);
	BN_free(q2);
	BN_free(r);
	BN_free(t);
	BN_CTX_free(ctx);
}

static void fields_follow_the_options(void **state)
{
	const struct enclave_options options = {
		.debug = true,
		.attributes = ATTRIBUTE_KSS,
		.xfrm = XFRM_AVX,
		.miscselect = MISCSELECT_EXINFO,
		.isvprodid = 7,
		.isvsvn = 9,
		.isvfamilyid = { 1 },
		.isvextprodid = { 2 },
	};
	struct sigstruct sig = signed_one(&options);

	(void)state;
	assert_int_equal(sig.attributes, 0x86);
	assert_int_equal(sig.xfrm, 7);
	assert_int_equal(sig.miscselect, 1);
	assert_int_equal(sig.isvprodid, 7);
	assert_int_equal(sig.isvsvn, 9);
	assert_int_equal(sig.isvfamilyid[0], 1);
	assert_int_equal(sig.isvextprodid[0], 2);
	assert_int_equal(sig.exponent, 3);
	assert_int_equal(sig.vendor, 0);
	assert_int_equal(sig.mrenclave[2], 3);
	/* The year, in BCD, is not before this was written. */
	assert_true(sig.date >> 16 >= 0x2025 && sig.date >> 16 < 0x2100);
}

static void mrsigner_is_the_keys(void **state)
{
	struct sigstruct a = signed_one(NULL), b = signed_one(NULL);
	struct enclave_key *other = enclave_key_generate();
	uint8_t x[32], y[32];

	(void)state;
	b.isvsvn = 3;
	enclave_mrsigner(&a, x);
	enclave_mrsigner(&b, y);
	assert_memory_equal(x, y, 32);
	assert_int_equal(enclave_sigstruct_sign(&b, other), 0);
	enclave_mrsigner(&b, y);
	assert_memory_not_equal(x, y, 32);
	enclave_key_free(other);
}

static void write_file(const void *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void file_round_trip(void **state)
{
	struct sigstruct sig = signed_one(NULL), read;

	(void)state;
	assert_int_equal(enclave_sigstruct_save(&sig, path), 0);
	assert_int_equal(enclave_sigstruct_load(&read, path), 0);
	assert_memory_equal(&sig, &read, sizeof(sig));
	write_file(&sig, sizeof(sig) - 1);
	assert_int_equal(enclave_sigstruct_load(&read, path), -1);
	assert_non_null(strstr(enclave_error(), "1807 bytes"));
	sig.header2[0]++;
	write_file(&sig, sizeof(sig));
	assert_int_equal(enclave_sigstruct_load(&read, path), -1);
	assert_non_null(strstr(enclave_error(), "HEADER"));
	unlink(path);
	assert_int_equal(enclave_sigstruct_load(&read, path), -1);
	assert_non_null(strstr(enclave_error(), path));
}

static void refuse_key(EVP_PKEY *pkey, const char *why)
{
	FILE *f = fopen(path, "w");

	assert_non_null(pkey);
	assert_int_equal(PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL,
					      NULL),
			 1);
	fclose(f);
	EVP_PKEY_free(pkey);
	assert_null(enclave_key_load(path));
	assert_non_null(strstr(enclave_error(), why));
}

static void other_keys_are_refused(void **state)
{
	(void)state;
	refuse_key(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048),
		   "key size 2048 bits");
	refuse_key(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072),
		   "public exponent");
	refuse_key(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), "key type");
	write_file("no key", 6);
	assert_null(enclave_key_load(path));
	assert_non_null(strstr(enclave_error(), "PEM"));
	unlink(path);
}

static void key_file_round_trip(void **state)
{
	struct sigstruct a = signed_one(NULL), b = a;
	struct enclave_key *read;
	struct stat st;

	(void)state;
	assert_int_equal(enclave_key_save(key, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(enclave_key_save(key, path), -1);
	read = enclave_key_load(path);
	assert_non_null(read);
	assert_int_equal(enclave_sigstruct_sign(&b, read), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	enclave_key_free(read);
	unlink(path);
}

static int set_up(void **state)
{
	(void)state;
	key = enclave_key_generate();
	if (!key || !mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	enclave_key_free(key);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature_verifies),
		cmocka_unit_test(quotients_are_right),
		cmocka_unit_test(fields_follow_the_options),
		cmocka_unit_test(mrsigner_is_the_keys),
		cmocka_unit_test(file_round_trip),
		cmocka_unit_test(other_keys_are_refused),
		cmocka_unit_test(key_file_round_trip),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
