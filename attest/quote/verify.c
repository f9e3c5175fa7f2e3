/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See attest/quote/check.h.  The order is that of Intel's Quote Verification
 * Library, QuoteVerifier.cpp.
 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/base/ec.h"
#include "attest/pki/platform_keys.h"
#include "attest/quote/check.h"

__attribute__((format(printf, 3, 4))) static void put(struct quote_step *step,
						      bool good,
						      const char *format, ...)
{
	va_list args;

	step->good = good;
	va_start(args, format);
	vsnprintf(step->detail, sizeof(step->detail), format, args);
	va_end(args);
}

static void check_vendor(const struct quote *q, struct quote_step *step)
{
	static const uint8_t intel[] = QUOTE_VENDOR_INTEL;
	bool good = !memcmp(q->head.vendor, intel, sizeof(intel));

	put(step, good, "%s",
	    good ? "Intel's id, as all verifiers want" :
		   "not Intel's id: other verifiers refuse it");
}

static bool add_crls(X509_STORE *store, X509_CRL *const *crls)
{
	if (!*crls)
		return true;
	X509_STORE_set_flags(store,
			     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	for (; *crls; crls++)
		if (!X509_STORE_add_crl(store, *crls))
			return false;
	return true;
}

/* X509_V_OK, or another of OpenSSL's codes. */
static int verify_chain(const struct quote *q, X509 *root,
			X509_CRL *const *crls)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	int code = X509_V_ERR_OUT_OF_MEM;

	for (unsigned i = 1; others && i < q->nr_chain; i++)
		sk_X509_push(others, q->chain[i]);
	if (store && ctx && others && X509_STORE_add_cert(store, root) &&
	    add_crls(store, crls) &&
	    X509_STORE_CTX_init(ctx, store, q->chain[0], others)) {
		X509_verify_cert(ctx);
		code = X509_STORE_CTX_get_error(ctx);
	}
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return code;
}

static void check_chain(const struct quote *q, X509 *root,
			X509_CRL *const *crls, struct quote_step *step)
{
	int code;

	if (!q->nr_chain) {
		put(step, false,
		    "certification data of type %u: expected %u, a chain",
		    q->cert_type, QUOTE_CERT_CHAIN);
		return;
	}
	if (!root) {
		put(step, false, "no root to trust is known");
		return;
	}
	code = verify_chain(q, root, crls);
	put(step, code == X509_V_OK, "%s%s",
	    code == X509_V_OK ? "" : X509_verify_cert_error_string(code),
	    code != X509_V_OK ? "" :
	    *crls             ? "each signed by the next; none revoked" :
				"each signed by the next; revocation not "
				"looked at");
}

static void check_pck(const struct quote *q, struct quote_step *step)
{
	put(step, q->has_extension, "%s",
	    q->has_extension ? "PPID, TCB, PCEID and FMSPC are there" :
			       "missing or malformed");
}

static void check_qe_signature(const struct quote *q, struct quote_step *step)
{
	EVP_PKEY *key = q->nr_chain ? X509_get0_pubkey(q->chain[0]) : NULL;
	bool good = key && EVP_PKEY_is_a(key, "EC") &&
		    ec_verify(key, q->sig.qe_body, sizeof(q->sig.qe_body),
			      q->sig.qe_signature);

	put(step, good, "%s",
	    good ? "signed by the PCK certificate's key" :
		   "not signed by the PCK certificate's key");
	ERR_clear_error();
}

static void check_key(const struct quote *q, struct quote_step *step)
{
	static const uint8_t zeros[32];
	bool good = !memcmp(q->qe.reportdata, q->key_hash, 32) &&
		    !memcmp(q->qe.reportdata + 32, zeros, 32);

	put(step, good, "%s",
	    good ? "the one of that report" :
		   "its hash is not in that report's REPORTDATA");
}

static void check_signature(const struct quote *q, struct quote_step *step)
{
	EVP_PKEY *key = ec_from_public(q->sig.key);
	bool good = key &&
		    ec_verify(key, &q->head, sizeof(q->head), q->sig.signature);

	EVP_PKEY_free(key);
	put(step, good, "%s",
	    good ? "by the attestation key" : "not by the attestation key");
	ERR_clear_error();
}

/* Production enclaves only: a verifier refuses a quoting enclave in debug. */
static void check_qe(const struct quote *q, struct quote_step *step)
{
	uint8_t ours[32];
	bool debug = q->qe.attributes & SGX_ATTR_DEBUG;
	bool is_test;

	qe_mrsigner(ours);
	is_test = !memcmp(q->qe.mrsigner, ours, sizeof(ours));
	put(step, !debug, "%s%s",
	    is_test ? "swsgx's, which is no enclave: TEST ONLY" :
		      "another's than swsgx's",
	    debug ? "; in debug mode" : "");
}

static const struct {
	const char *key, *name;
} names[QUOTE_STEPS] = {
	{ "vendor_id", "vendor id" },
	{ "certificates", "certificates" },
	{ "sgx_extension", "SGX extension" },
	{ "qe_report", "QE's report" },
	{ "quoting_enclave", "quoting enclave" },
	{ "attestation_key", "attestation key" },
	{ "signature", "signature" },
};

bool quote_verify(const struct quote *q, X509 *root, X509_CRL *const *crls,
		  struct quote_step steps[QUOTE_STEPS])
{
	bool good = true;

	check_vendor(q, &steps[0]);
	check_chain(q, root, crls, &steps[1]);
	check_pck(q, &steps[2]);
	check_qe_signature(q, &steps[3]);
	check_qe(q, &steps[4]);
	check_key(q, &steps[5]);
	check_signature(q, &steps[6]);
	for (unsigned i = 0; i < QUOTE_STEPS; i++) {
		steps[i].key = names[i].key;
		steps[i].name = names[i].name;
		good = good && steps[i].good;
	}
	return good;
}
