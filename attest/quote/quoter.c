/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/quote/quoter.h.  DCAP quoting_enclave_3.cpp gen_quote(). */
#include "attest/quote/quoter.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "attest/pki/pck.h"
#include "attest/pki/platform_keys.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"

#define CHAIN_AT \
	(QUOTE_SIGNATURE_AT + QUOTE_SIGNATURE_SIZE + QUOTE_AUTH_SIZE + \
	 QUOTE_CERT_HEADER)

void quoter_init(struct quoter *q, const struct package *package,
		 const char *directory, pki_complain complain)
{
	*q = (struct quoter){ .package = package,
			      .directory = directory,
			      .complain = complain };
}

static void forget_platform(struct quoter *q)
{
	EVP_PKEY_free(q->pck_key);
	EVP_PKEY_free(q->key);
	free(q->chain);
	q->pck_key = NULL;
	q->key = NULL;
	q->chain = NULL;
}

void quoter_close(struct quoter *q)
{
	forget_platform(q);
	if (q->open)
		pki_close(&q->pki);
	q->open = false;
}

static int make_platform(struct quoter *q)
{
	X509 *pck = pck_make(&q->pki, q->package);

	q->pck_key = platform_pck_key(q->package);
	q->key = platform_attestation_key(q->package);
	if (pck)
		q->chain = pck_chain(&q->pki, pck);
	X509_free(pck);
	if (q->pck_key && q->key && q->chain)
		return 0;
	forget_platform(q);
	q->complain("OpenSSL cannot make the platform's PCK certificate");
	return -1;
}

int quoter_prepare(struct quoter *q)
{
	uint8_t platform[16];

	if (!q->open && pki_open(&q->pki, q->directory, q->complain))
		return -1;
	q->open = true;
	/* the package is another one after `swsgx migrate` */
	platform_ppid(q->package, platform);
	for (unsigned i = 0; i < 16; i++)
		platform[i] ^= q->package->cpusvn[i];
	if (q->chain && !memcmp(platform, q->platform, sizeof(platform)))
		return 0;
	forget_platform(q);
	memcpy(q->platform, platform, sizeof(platform));
	return make_platform(q);
}

/* Intel's quoting enclave has 00 01 .. 1f. */
static void auth_data(uint8_t auth[QUOTE_AUTH_SIZE])
{
	for (uint8_t i = 0; i < QUOTE_AUTH_SIZE; i++)
		auth[i] = i;
}

int quoter_key_id(const struct quoter *q, uint8_t id[32])
{
	uint8_t what[EC_SIZE + QUOTE_AUTH_SIZE];

	if (ec_public(q->key, what))
		return -1;
	auth_data(what + EC_SIZE);
	SHA256(what, sizeof(what), id);
	return 0;
}

size_t quoter_size(const struct quoter *q)
{
	/* the NUL behind the chain counts, as in Intel's library */
	return CHAIN_AT + strlen(q->chain) + 1;
}

static bool is_for_us(const struct quoter *q, const struct sgx_report *report)
{
	struct sgx_targetinfo self;
	uint8_t key[SGX_KEY_SIZE], mac[16];

	qe_targetinfo(&self);
	key_for_report(q->package, &self, report->keyid, key);
	aes_cmac(key, report, REPORT_MACED_SIZE, mac);
	return CRYPTO_memcmp(mac, report->mac, sizeof(mac)) == 0;
}

static void put_header(const struct quoter *q, const struct sgx_report *report,
		       struct quote_signed *s)
{
	static const uint8_t vendor[] = QUOTE_VENDOR_INTEL;

	s->version = QUOTE_VERSION;
	s->key_type = QUOTE_KEY_P256;
	s->qe_isvsvn = QE_ISVSVN;
	s->pce_isvsvn = PCE_ISVSVN;
	memcpy(s->vendor, vendor, sizeof(vendor));
	platform_qe_id(q->package, s->user_data);
	memcpy(s->body, report, sizeof(s->body));
}

/* 0 or -1: OpenSSL could not. */
static int put_signature(const struct quoter *q, const struct quote_signed *s,
			 struct quote_signature *to)
{
	uint8_t reportdata[64] = { 0 };
	struct sgx_report report;

	to->auth_size = QUOTE_AUTH_SIZE;
	if (quoter_key_id(q, reportdata) || ec_public(q->key, to->key))
		return -1;
	qe_report(q->package, NULL, reportdata, &report);
	memcpy(to->qe_body, &report, sizeof(to->qe_body));
	if (ec_sign(q->pck_key, to->qe_body, sizeof(to->qe_body),
		    to->qe_signature))
		return -1;
	return ec_sign(q->key, s, sizeof(*s), to->signature);
}

/* The quote up to its end, of `size` bytes. */
static int put_quote(const struct quoter *q, const struct sgx_report *report,
		     uint8_t *quote, size_t size)
{
	uint32_t after = (uint32_t)(size - QUOTE_SIGNATURE_AT);
	uint32_t chain = (uint32_t)(size - CHAIN_AT);
	uint16_t type = QUOTE_CERT_CHAIN;
	struct quote_signature sig = { .auth_size = 0 };
	struct quote_signed s = { .version = 0 };

	put_header(q, report, &s);
	if (put_signature(q, &s, &sig))
		return -1;
	memcpy(quote, &s, sizeof(s));
	memcpy(quote + sizeof(s), &after, sizeof(after));
	memcpy(quote + QUOTE_SIGNATURE_AT, &sig, sizeof(sig));
	auth_data(quote + QUOTE_SIGNATURE_AT + sizeof(sig));
	memcpy(quote + CHAIN_AT - QUOTE_CERT_HEADER, &type, sizeof(type));
	memcpy(quote + CHAIN_AT - sizeof(chain), &chain, sizeof(chain));
	memcpy(quote + CHAIN_AT, q->chain, chain);
	return 0;
}

/* REPORTDATA says for which quote and nonce it is. */
static void put_report(const struct quoter *q, struct qe_report_info *info,
		       const uint8_t *quote, size_t size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t reportdata[64] = { 0 };

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	    EVP_DigestUpdate(ctx, info->nonce, sizeof(info->nonce)) &&
	    EVP_DigestUpdate(ctx, quote, size))
		EVP_DigestFinal_ex(ctx, reportdata, NULL);
	EVP_MD_CTX_free(ctx);
	qe_report(q->package, &info->target, reportdata, &info->report);
}

enum quote_error quoter_quote(struct quoter *q, const struct sgx_report *report,
			      struct qe_report_info *info, uint8_t *quote,
			      size_t room)
{
	size_t size;

	if (quoter_prepare(q))
		return QUOTE_NO_KEYS;
	if (!is_for_us(q, report))
		return QUOTE_BAD_REPORT;
	size = quoter_size(q);
	if (room < size)
		return QUOTE_NO_ROOM;
	if (put_quote(q, report, quote, size)) {
		q->complain("OpenSSL cannot sign a quote");
		return QUOTE_NO_KEYS;
	}
	if (info)
		put_report(q, info, quote, size);
	return QUOTE_DONE;
}
