/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/collateral/pccs.h. */
#include "cli/collateral/pccs.h"

#include <ctype.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attest/base/hex.h"
#include "attest/pki/pck.h"
#include "attest/pki/platform_keys.h"
#include "attest/pki/profile.h"

#define JSON "application/json"
#define PEM  "application/x-pem-file"
#define CRL  "application/pkix-crl"
#define TEXT "text/plain"

/* One request. */
struct request {
	const struct pccs *pccs;
	bool v3;
	pccs_parameter parameter;
	void *query;
	struct collateral *collateral;
	struct pccs_answer *answer;
};

static const char *parameter(const struct request *r, const char *name)
{
	const char *value = r->parameter(r->query, name);

	return value ? value : "";
}

static void give_none(struct pccs_answer *a, int status, const char *reason)
{
	a->status = status;
	a->reason = reason;
	a->type = TEXT;
	a->body = strdup(reason);
	a->n = a->body ? strlen(a->body) : 0;
}

/* Takes the text over. */
static void give(struct pccs_answer *a, const char *type, char *text)
{
	a->status = 200;
	a->reason = "OK";
	a->type = type;
	a->body = text;
	a->n = text ? strlen(text) : 0;
}

/* Takes the value over. */
static void add_header(struct pccs_answer *a, const char *name, char *value)
{
	unsigned i = 0;

	while (a->headers[i].name)
		i++;
	a->headers[i].name = name;
	a->headers[i].value = value;
}

/* A chain in a header is escaped as in a URL.  Takes the text over. */
static void add_chain(struct pccs_answer *a, const char *name, char *text)
{
	size_t n = text ? strlen(text) : 0;
	char *escaped = malloc(3 * n + 1), *to = escaped;

	for (size_t i = 0; escaped && i < n; i++) {
		uint8_t c = (uint8_t)text[i];

		if (isalnum(c) || strchr("-._~", c))
			*to++ = (char)c;
		else
			to += sprintf(to, "%%%02X", c);
	}
	if (escaped)
		*to = 0;
	free(text);
	add_header(a, name, escaped);
}

static void give_crl(struct pccs_answer *a, X509_CRL *crl, bool der)
{
	uint8_t *bytes = NULL;
	int n = i2d_X509_CRL(crl, &bytes);
	char *text = n > 0 ? malloc(2 * (size_t)n + 1) : NULL;

	if (text && der)
		memcpy(text, bytes, (size_t)n);
	else if (text)
		hex(bytes, (size_t)n, text);
	OPENSSL_free(bytes);
	give(a, der ? CRL : TEXT, NULL);
	a->body = text;
	if (text)
		a->n = der ? (size_t)n : 2 * (size_t)n;
}

/*
 * There is one authority.  Some clients ask for the Processor CA's list
 * whatever the issuer is called, and get the same.  Without an encoding it is
 * hexadecimal, as a PCCS has it.
 */
static void get_pckcrl(struct request *r)
{
	const char *ca = parameter(r, "ca");

	if (strcmp(ca, "platform") && strcmp(ca, "processor")) {
		give_none(r->answer, 404, "No cache data for this platform");
		return;
	}
	give_crl(r->answer, r->collateral->pck_crl,
		 !strcmp(parameter(r, "encoding"), "der"));
	add_chain(r->answer, "SGX-PCK-CRL-Issuer-Chain",
		  pki_issuer_chain(r->pccs->pki));
}

static void get_rootcacrl(struct request *r)
{
	give_crl(r->answer, r->collateral->root_crl, false);
}

/* By a certificate's distribution point. */
static void get_crl(struct request *r)
{
	const char *uri = parameter(r, "uri");

	if (!strcmp(uri, PROFILE_BASE_URL "/rootcacrl"))
		give_crl(r->answer, r->collateral->root_crl, true);
	else if (!strcmp(uri, PROFILE_BASE_URL "/pckcrl?ca=platform"))
		give_crl(r->answer, r->collateral->pck_crl, true);
	else
		give_none(r->answer, 404, "No cache data for this platform");
}

static void get_tcb(struct request *r)
{
	static const uint8_t fmspc[] = PROFILE_FMSPC;
	char ours[2 * sizeof(fmspc) + 1];

	if (strcasecmp(parameter(r, "fmspc"),
		       hex(fmspc, sizeof(fmspc), ours))) {
		give_none(r->answer, 404, "No cache data for this platform");
		return;
	}
	give(r->answer, JSON, collateral_tcb_info(r->collateral));
	add_chain(r->answer,
		  r->v3 ? "SGX-TCB-Info-Issuer-Chain" : "TCB-Info-Issuer-Chain",
		  pki_signing_chain(r->pccs->pki));
}

static void get_qe_identity(struct request *r)
{
	give(r->answer, JSON, collateral_qe_identity(r->collateral));
	add_chain(r->answer, "SGX-Enclave-Identity-Issuer-Chain",
		  pki_signing_chain(r->pccs->pki));
}

/* CPUSVN and the PCE's ISVSVN that the certificate is for. */
static char *tcbm(const struct package *package)
{
	const uint16_t pcesvn = PCE_ISVSVN;
	uint8_t bytes[18];
	char *text = malloc(2 * sizeof(bytes) + 1);

	memcpy(bytes, package->cpusvn, 16);
	memcpy(bytes + 16, &pcesvn, 2);
	return text ? hex(bytes, sizeof(bytes), text) : NULL;
}

static char *to_pem(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *data;
	long n;

	if (bio && cert && PEM_write_bio_X509(bio, cert)) {
		n = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)n);
	}
	BIO_free(bio);
	return text;
}

/* Of the one platform that is known, whoever asks. */
static void get_pckcert(struct request *r)
{
	static const uint8_t fmspc[] = PROFILE_FMSPC;
	const struct package *package = r->pccs->package;
	char *family = malloc(2 * sizeof(fmspc) + 1);
	X509 *pck;

	if (!package || !family) {
		give_none(r->answer, 461, "The platform was not found");
		free(family);
		return;
	}
	pck = pck_make(r->pccs->pki, package);
	give(r->answer, PEM, to_pem(pck));
	X509_free(pck);
	add_header(r->answer, "SGX-TCBm", tcbm(package));
	add_header(r->answer, "SGX-FMSPC", hex(fmspc, sizeof(fmspc), family));
	add_header(r->answer, "SGX-PCK-Certificate-CA-Type",
		   strdup("platform"));
	add_chain(r->answer, "SGX-PCK-Certificate-Issuer-Chain",
		  pki_issuer_chain(r->pccs->pki));
}

static const struct {
	const char *path;
	void (*get)(struct request *r);
} routes[] = {
	{ "pckcert", get_pckcert },
	{ "pckcrl", get_pckcrl },
	{ "tcb", get_tcb },
	{ "qe/identity", get_qe_identity },
	{ "rootcacrl", get_rootcacrl },
	{ "crl", get_crl },
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

/* What stands behind the version in the path; NULL: it is no such path. */
static const char *below_version(const char *path, bool *v3)
{
	static const char prefix[] = "/sgx/certification/v";
	const size_t n = sizeof(prefix) - 1;

	if (strncmp(path, prefix, n) || (path[n] != '3' && path[n] != '4') ||
	    path[n + 1] != '/')
		return NULL;
	*v3 = path[n] == '3';
	return path + n + 2;
}

static void route(struct request *r, const char *name)
{
	for (size_t i = 0; i < ROUTES; i++) {
		if (!strcmp(name, routes[i].path)) {
			routes[i].get(r);
			return;
		}
	}
	give_none(r->answer, 404, "Not Found");
}

static bool is_whole(const struct pccs_answer *a)
{
	bool whole = a->body != NULL;

	for (unsigned i = 0; i < PCCS_HEADERS && a->headers[i].name; i++)
		whole = whole && a->headers[i].value;
	return whole;
}

/* Issued just now, so to speak, whenever it is asked for. */
static int make_collateral(const struct pccs *pccs, struct collateral *c)
{
	struct collateral_wish wish = *pccs->wish, now;

	collateral_default(&now);
	wish.issued = now.issued - pccs->age;
	wish.next_update = now.next_update - pccs->age;
	return collateral_make(c, pccs->pki, &wish);
}

void pccs_get(const struct pccs *pccs, const char *path,
	      pccs_parameter get_parameter, void *query,
	      struct pccs_answer *answer)
{
	struct collateral collateral;
	struct request r = { .pccs = pccs,
			     .parameter = get_parameter,
			     .query = query,
			     .collateral = &collateral,
			     .answer = answer };
	const char *name = below_version(path, &r.v3);

	memset(answer, 0, sizeof(*answer));
	if (!name) {
		give_none(answer, 404, "Not Found");
		return;
	}
	if (make_collateral(pccs, &collateral)) {
		give_none(answer, 500, "OpenSSL cannot sign the collateral");
		return;
	}
	route(&r, name);
	collateral_free(&collateral);
	if (is_whole(answer))
		return;
	pccs_free(answer);
	give_none(answer, 500, "Out of memory");
}

void pccs_free(struct pccs_answer *answer)
{
	for (unsigned i = 0; i < PCCS_HEADERS; i++)
		free(answer->headers[i].value);
	free(answer->body);
	memset(answer, 0, sizeof(*answer));
}
