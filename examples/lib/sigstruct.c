/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGSTRUCT: what the signer vouches for, and the signature with the two
 * quotients that spare the processor the divisions.
 *
 * Source: SDM "Enclave Signature Structure (SIGSTRUCT)", "EINIT".
 */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/lib/enclave.h"
#include "examples/lib/error.h"
#include "examples/lib/file.h"
#include "examples/lib/key.h"

/* Two parts of SIGSTRUCT are signed: [0, 128) and [900, 1028). */
#define SIGNED_PART 128
#define SIGNED_BODY offsetof(struct sigstruct, miscselect)

static const uint8_t header1[16] = { 6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1 };
static const uint8_t header2[16] = { 1,    1, 0, 0, 0x60, 0, 0, 0,
				     0x60, 0, 0, 0, 1,    0, 0, 0 };

/* DATE is yyyymmdd in BCD: the day in UTC. */
static uint32_t bcd_date(void)
{
	time_t now = time(NULL);
	struct tm tm = { .tm_mday = 1 };
	unsigned long day, bcd = 0;
	unsigned shift;

	gmtime_r(&now, &tm);
	day = (unsigned long)(tm.tm_year + 1900) * 10000 +
	      (unsigned long)(tm.tm_mon + 1) * 100 + (unsigned long)tm.tm_mday;
	for (shift = 0; day; shift += 4, day /= 10)
		bcd |= (day % 10) << shift;
	return (uint32_t)bcd;
}

void enclave_sigstruct_fill(struct sigstruct *sig,
			    const struct enclave_options *options,
			    const uint8_t mrenclave[32])
{
	static const struct enclave_options defaults;
	const struct enclave_options *o = options ? options : &defaults;

	memset(sig, 0, sizeof(*sig));
	memcpy(sig->header1, header1, sizeof(header1));
	memcpy(sig->header2, header2, sizeof(header2));
	sig->date = bcd_date();
	sig->miscselect = o->miscselect;
	sig->miscmask = ~0u;
	sig->attributes = ATTRIBUTE_MODE64BIT | o->attributes |
			  (o->debug ? ATTRIBUTE_DEBUG : 0);
	sig->xfrm = XFRM_LEGACY | o->xfrm;
	/* INIT is the processor's own; all else must be as signed. */
	sig->attributes_mask = ~ATTRIBUTE_INIT;
	sig->xfrm_mask = ~0ull;
	memcpy(sig->mrenclave, mrenclave, 32);
	sig->isvprodid = o->isvprodid;
	sig->isvsvn = o->isvsvn;
	memcpy(sig->isvfamilyid, o->isvfamilyid, 16);
	memcpy(sig->isvextprodid, o->isvextprodid, 16);
}

/* RSASSA-PKCS1-v1_5 with SHA-256; big endian, as OpenSSL has it. */
static int make_signature(const struct sigstruct *sig, EVP_PKEY *pkey,
			  uint8_t signature[KEY_BYTES])
{
	uint8_t text[2 * SIGNED_PART];
	size_t length = KEY_BYTES;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	memcpy(text, sig, SIGNED_PART);
	memcpy(text + SIGNED_PART, (const uint8_t *)sig + SIGNED_BODY,
	       SIGNED_PART);
	ok = ctx &&
	     EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	     EVP_DigestSign(ctx, signature, &length, text, sizeof(text)) == 1 &&
	     length == KEY_BYTES;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : enclave_fail(EIO, "sign: OpenSSL refused to sign");
}

struct quotients {
	BN_CTX *ctx;
	BIGNUM *s, *n, *t, *q1, *q2;
};

/* Q1 = S*S / N;  Q2 = (S*S*S - Q1*S*N) / N = S * (S*S mod N) / N. */
static int compute_quotients(struct quotients *q)
{
	return BN_sqr(q->t, q->s, q->ctx) &&
	       BN_div(q->q1, q->t, q->t, q->n, q->ctx) &&
	       BN_mul(q->t, q->t, q->s, q->ctx) &&
	       BN_div(q->q2, NULL, q->t, q->n, q->ctx);
}

static int put_numbers(struct sigstruct *sig, struct quotients *q)
{
	return BN_bn2lebinpad(q->n, sig->modulus, KEY_BYTES) == KEY_BYTES &&
	       BN_bn2lebinpad(q->s, sig->signature, KEY_BYTES) == KEY_BYTES &&
	       BN_bn2lebinpad(q->q1, sig->q1, KEY_BYTES) == KEY_BYTES &&
	       BN_bn2lebinpad(q->q2, sig->q2, KEY_BYTES) == KEY_BYTES;
}

static int fill_numbers(struct sigstruct *sig, EVP_PKEY *pkey,
			const uint8_t signature[KEY_BYTES])
{
	struct quotients q = { .ctx = BN_CTX_new() };
	int ok = 0;

	if (q.ctx) {
		BN_CTX_start(q.ctx);
		q.s = BN_CTX_get(q.ctx);
		q.t = BN_CTX_get(q.ctx);
		q.q1 = BN_CTX_get(q.ctx);
		q.q2 = BN_CTX_get(q.ctx);
		ok = q.q2 &&
		     EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &q.n) &&
		     BN_bin2bn(signature, KEY_BYTES, q.s) &&
		     compute_quotients(&q) && put_numbers(sig, &q);
		BN_CTX_end(q.ctx);
	}
	BN_free(q.n);
	BN_CTX_free(q.ctx);
	return ok ? 0 : enclave_fail(EIO, "sign: computing Q1 and Q2 failed");
}

int enclave_sigstruct_sign(struct sigstruct *sig, const struct enclave_key *key)
{
	uint8_t signature[KEY_BYTES];

	sig->exponent = KEY_EXPONENT;
	if (make_signature(sig, key->pkey, signature))
		return -1;
	return fill_numbers(sig, key->pkey, signature);
}

void enclave_mrsigner(const struct sigstruct *sig, uint8_t mrsigner[32])
{
	EVP_Digest(sig->modulus, KEY_BYTES, mrsigner, NULL, EVP_sha256(), NULL);
}

int enclave_sigstruct_load(struct sigstruct *sig, const char *path)
{
	size_t length;
	void *data = file_read(path, &length);

	if (!data)
		return -1;
	if (length == sizeof(*sig))
		memcpy(sig, data, sizeof(*sig));
	free(data);
	if (length != sizeof(*sig))
		return enclave_fail(EINVAL,
				    "%s: %zu bytes: expected a "
				    "SIGSTRUCT of %zu",
				    path, length, sizeof(*sig));
	if (memcmp(sig->header1, header1, sizeof(header1)) ||
	    memcmp(sig->header2, header2, sizeof(header2)))
		return enclave_fail(EINVAL, "%s: HEADER: not a SIGSTRUCT",
				    path);
	return 0;
}

int enclave_sigstruct_save(const struct sigstruct *sig, const char *path)
{
	return file_replace(path, sig, sizeof(*sig), 0644);
}
