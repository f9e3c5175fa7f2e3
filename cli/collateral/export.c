/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/collateral/export.h. */
#include "cli/collateral/export.h"

#include <errno.h>
#include <json-c/json.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attest/base/hex.h"
#include "attest/pki/pck.h"
#include "cli/message.h"

/* A file of the directory, written whole, or the first failure. */
struct out {
	const char *dir;
	bool failed;
};

static FILE *begin(struct out *out, const char *name)
{
	char *path;
	FILE *f;

	if (out->failed || asprintf(&path, "%s/%s", out->dir, name) < 0) {
		out->failed = true;
		return NULL;
	}
	f = fopen(path, "we");
	if (!f) {
		complain("cannot write %s: %s", path, strerror(errno));
		out->failed = true;
	}
	free(path);
	return f;
}

static void finish(struct out *out, FILE *f, bool good, const char *name)
{
	if (!f)
		return;
	good = !fclose(f) && good;
	if (good)
		return;
	complain("cannot write %s/%s: %s", out->dir, name, strerror(errno));
	out->failed = true;
}

/* Takes the text over. */
static void put_text(struct out *out, const char *name, char *text)
{
	FILE *f = text ? begin(out, name) : NULL;

	finish(out, f, f && fputs(text, f) >= 0, name);
	if (!text)
		out->failed = true;
	free(text);
}

static void put_certificate(struct out *out, X509 *cert)
{
	FILE *f = begin(out, "root.pem");

	finish(out, f, f && PEM_write_X509(f, cert), "root.pem");
	f = begin(out, "root.der");
	finish(out, f, f && i2d_X509_fp(f, cert), "root.der");
}

static void put_crl(struct out *out, const char *pem, const char *der,
		    X509_CRL *crl)
{
	FILE *f = begin(out, pem);

	finish(out, f, f && PEM_write_X509_CRL(f, crl), pem);
	f = begin(out, der);
	finish(out, f, f && i2d_X509_CRL_fp(f, crl), der);
}

/* Takes the text over. */
static void add_text(json_object *to, const char *name, char *text)
{
	json_object_object_add(to, name,
			       json_object_new_string(text ? text : ""));
	free(text);
}

static void add_crl(json_object *to, const char *name, X509_CRL *crl)
{
	uint8_t *der = NULL;
	int n = i2d_X509_CRL(crl, &der);
	char *text = n > 0 ? malloc(2 * (size_t)n + 1) : NULL;

	add_text(to, name, text ? hex(der, (size_t)n, text) : NULL);
	OPENSSL_free(der);
}

/* All in one object: @phala/dcap-qvl, QuoteCollateralV3 */
static void put_all(struct out *out, const struct pki *pki,
		    const struct collateral *c)
{
	json_object *to = json_object_new_object();

	add_text(to, "pck_crl_issuer_chain", pki_issuer_chain(pki));
	add_crl(to, "root_ca_crl", c->root_crl);
	add_crl(to, "pck_crl", c->pck_crl);
	add_text(to, "tcb_info_issuer_chain", pki_signing_chain(pki));
	add_text(to, "tcb_info", strdup(c->tcb_info));
	add_text(to, "tcb_info_signature", strdup(c->tcb_info_signature));
	add_text(to, "qe_identity_issuer_chain", pki_signing_chain(pki));
	add_text(to, "qe_identity", strdup(c->qe_identity));
	add_text(to, "qe_identity_signature", strdup(c->qe_identity_signature));
	put_text(out, "collateral.json",
		 strdup(json_object_to_json_string_ext(
			 to, JSON_C_TO_STRING_PRETTY |
				     JSON_C_TO_STRING_NOSLASHESCAPE)));
	json_object_put(to);
}

int export_collateral(const char *dir, const struct pki *pki,
		      const struct collateral *c)
{
	struct out out = { .dir = dir };

	if (mkdir(dir, 0777) && errno != EEXIST) {
		complain("cannot make the directory %s: %s", dir,
			 strerror(errno));
		return -1;
	}
	put_certificate(&out, pki->root.cert);
	put_crl(&out, "root-crl.pem", "root-crl.der", c->root_crl);
	put_crl(&out, "pck-crl.pem", "pck-crl.der", c->pck_crl);
	put_text(&out, "pck-issuer-chain.pem", pki_issuer_chain(pki));
	put_text(&out, "tcb-signing-chain.pem", pki_signing_chain(pki));
	put_text(&out, "tcb-info.json", collateral_tcb_info(c));
	put_text(&out, "qe-identity.json", collateral_qe_identity(c));
	put_all(&out, pki, c);
	return out.failed ? -1 : 0;
}
