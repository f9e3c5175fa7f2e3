/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/quote/check.h. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/quote/check.h"

/* What has not been read of the bytes; `why` once something is wrong. */
struct cursor {
	const uint8_t *start, *at, *end;
	char *why;
};

__attribute__((format(printf, 2, 3))) static int refuse_quote(
	struct cursor *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, QUOTE_WHY_SIZE, format, args);
	va_end(args);
	return -1;
}

static int take_bytes(struct cursor *c, const char *what, void *to, size_t n)
{
	size_t left = (size_t)(c->end - c->at);

	if (left < n)
		return refuse_quote(c,
				    "%s of %zu bytes at offset %zu: only %zu "
				    "are there",
				    what, n, (size_t)(c->at - c->start), left);
	memcpy(to, c->at, n);
	c->at += n;
	return 0;
}

static int check_head(struct cursor *c, const struct quote_signed *head)
{
	if (head->version != QUOTE_VERSION)
		return refuse_quote(c,
				    "version %u at offset 0: expected %u, the "
				    "one of ECDSA quotes of SGX",
				    head->version, QUOTE_VERSION);
	if (head->key_type != QUOTE_KEY_P256)
		return refuse_quote(c,
				    "attestation key type %u at offset 2: "
				    "expected %u, ECDSA with P-256",
				    head->key_type, QUOTE_KEY_P256);
	if (head->tee_type)
		return refuse_quote(c,
				    "TEE type 0x%x at offset 4: expected 0, "
				    "SGX",
				    head->tee_type);
	return 0;
}

/* What follows is bounded by the length that the quote gives. */
static int take_length(struct cursor *c)
{
	uint32_t n = 0;

	if (take_bytes(c, "length of the signature", &n, sizeof(n)))
		return -1;
	if (n > (size_t)(c->end - c->at))
		return refuse_quote(c,
				    "signature data of %u bytes at offset %u: "
				    "only %zu are there",
				    n, QUOTE_SIGNATURE_AT,
				    (size_t)(c->end - c->at));
	c->end = c->at + n;
	return 0;
}

/* REPORTDATA of the quoting enclave's report is this hash. */
static int hash_key(struct cursor *c, struct quote *q)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(ctx, q->sig.key, sizeof(q->sig.key)) &&
		    EVP_DigestUpdate(ctx, c->at, q->sig.auth_size) &&
		    EVP_DigestFinal_ex(ctx, q->key_hash, NULL);

	EVP_MD_CTX_free(ctx);
	return good ? 0 : refuse_quote(c, "OpenSSL cannot make a hash");
}

static int take_auth(struct cursor *c, struct quote *q)
{
	size_t n = q->sig.auth_size, left = (size_t)(c->end - c->at);

	if (left < n)
		return refuse_quote(c,
				    "authentication data of %zu bytes at "
				    "offset %zu: only %zu are there",
				    n, (size_t)(c->at - c->start), left);
	memcpy(q->auth, c->at, n < sizeof(q->auth) ? n : sizeof(q->auth));
	if (hash_key(c, q))
		return -1;
	c->at += n;
	return 0;
}

/* What stands behind the last certificate is not looked at: Intel has a NUL. */
static void take_chain(const uint8_t *text, size_t n, struct quote *q)
{
	BIO *bio = BIO_new_mem_buf(text, (int)n);
	X509 *cert;

	while (bio && q->nr_chain < QUOTE_CHAIN_MAX) {
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!cert)
			break;
		q->chain[q->nr_chain++] = cert;
	}
	BIO_free(bio);
	q->has_extension = q->nr_chain &&
			   !sgx_extension_read(q->chain[0], &q->extension);
}

static int take_certification(struct cursor *c, struct quote *q)
{
	size_t left;
	uint32_t n = 0;

	if (take_bytes(c, "certification data's type", &q->cert_type, 2) ||
	    take_bytes(c, "certification data's length", &n, sizeof(n)))
		return -1;
	left = (size_t)(c->end - c->at);
	if (n > left)
		return refuse_quote(c,
				    "certification data of %u bytes at offset "
				    "%zu: only %zu are there",
				    n, (size_t)(c->at - c->start), left);
	if (q->cert_type == QUOTE_CERT_CHAIN && n <= INT32_MAX)
		take_chain(c->at, n, q);
	return 0;
}

int quote_parse(struct quote *q, const uint8_t *bytes, size_t n,
		char why[QUOTE_WHY_SIZE])
{
	struct cursor c = { bytes, bytes, bytes + n, why };

	memset(q, 0, sizeof(*q));
	if (take_bytes(&c, "header and report", &q->head, sizeof(q->head)) ||
	    check_head(&c, &q->head) || take_length(&c) ||
	    take_bytes(&c, "signatures", &q->sig, sizeof(q->sig)) ||
	    take_auth(&c, q) || take_certification(&c, q))
		return -1;
	memcpy(&q->body, q->head.body, sizeof(q->head.body));
	memcpy(&q->qe, q->sig.qe_body, sizeof(q->sig.qe_body));
	q->size = (size_t)(c.end - c.start);
	return 0;
}

void quote_free(struct quote *q)
{
	while (q->nr_chain)
		X509_free(q->chain[--q->nr_chain]);
}
