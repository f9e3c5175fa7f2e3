/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/collateral.h. */
#include "attest/pki/collateral.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/base/ec.h"
#include "attest/base/hex.h"
#include "attest/pki/cert.h"
#include "attest/pki/platform_keys.h"

#define DAY        86400
#define COMPONENTS 16
#define EVALUATION 1 /* tcbEvaluationDataNumber */
#define COMPACT    (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

void collateral_default(struct collateral_wish *wish)
{
	*wish = (struct collateral_wish){
		.issued = time(NULL) - DAY, .next_update = time(NULL) + 29 * DAY
	};
}

bool collateral_is_status(const char *status)
{
	static const char *const known[] = {
		"UpToDate",
		"OutOfDate",
		"Revoked",
		"ConfigurationNeeded",
		"OutOfDateConfigurationNeeded",
		"SWHardeningNeeded",
		"ConfigurationAndSWHardeningNeeded",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(status, known[i]))
			return true;
	return false;
}

static void add_text(json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

static void add_number(json_object *to, const char *name, int number)
{
	json_object_object_add(to, name, json_object_new_int(number));
}

static void add_hex(json_object *to, const char *name, const void *bytes,
		    size_t n)
{
	char text[2 * 32 + 1];

	add_text(to, name, hex(bytes, n, text));
}

static void add_date(json_object *to, const char *name, time_t when)
{
	char text[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_text(to, name, text);
}

static void add_head(json_object *to, const char *id, int version,
		     const struct collateral_wish *wish)
{
	add_text(to, "id", id);
	add_number(to, "version", version);
	add_date(to, "issueDate", wish->issued);
	add_date(to, "nextUpdate", wish->next_update);
}

/* `tcb`: what a platform must have at least. */
static json_object *level(json_object *tcb, const char *status,
			  const struct collateral_wish *wish)
{
	json_object *to = json_object_new_object();

	json_object_object_add(to, "tcb", tcb);
	add_date(to, "tcbDate", wish->issued);
	add_text(to, "tcbStatus", status);
	return to;
}

static json_object *svns(int component, int pcesvn)
{
	json_object *to = json_object_new_object();
	json_object *components = json_object_new_array();

	for (int i = 0; i < COMPONENTS; i++) {
		json_object *one = json_object_new_object();

		add_number(one, "svn", component);
		json_object_array_add(components, one);
	}
	json_object_object_add(to, "sgxtcbcomponents", components);
	add_number(to, "pcesvn", pcesvn);
	return to;
}

/* The level that all platforms have is up to date, unless it is not to be. */
static json_object *levels(const struct collateral_wish *wish)
{
	const char *status = wish->tcb_status ? wish->tcb_status : "UpToDate";
	json_object *to = json_object_new_array();
	json_object *all = level(svns(0, PCE_ISVSVN), status, wish);

	if (strcmp(status, "UpToDate"))
		json_object_array_add(to, level(svns(UINT8_MAX, PCE_ISVSVN + 1),
						"UpToDate", wish));
	if (wish->advisory) {
		json_object *ids = json_object_new_array();

		json_object_array_add(ids,
				      json_object_new_string(wish->advisory));
		json_object_object_add(all, "advisoryIDs", ids);
	}
	json_object_array_add(to, all);
	json_object_array_add(to, level(svns(0, 0), "OutOfDate", wish));
	return to;
}

static json_object *tcb_info(const struct collateral_wish *wish)
{
	static const uint8_t fmspc[] = PROFILE_FMSPC, pceid[] = PROFILE_PCEID;
	json_object *to = json_object_new_object();

	add_head(to, "SGX", 3, wish);
	add_hex(to, "fmspc", fmspc, sizeof(fmspc));
	add_hex(to, "pceId", pceid, sizeof(pceid));
	add_number(to, "tcbType", 0);
	add_number(to, "tcbEvaluationDataNumber", EVALUATION);
	json_object_object_add(to, "tcbLevels", levels(wish));
	return to;
}

static json_object *qe_levels(const struct collateral_wish *wish)
{
	json_object *to = json_object_new_array();
	json_object *tcb = json_object_new_object();

	add_number(tcb, "isvsvn", QE_ISVSVN);
	json_object_array_add(to, level(tcb, "UpToDate", wish));
	return to;
}

/* Every attribute counts but MODE64BIT, and all of XFRM may be. */
static json_object *qe_identity(const struct collateral_wish *wish)
{
	const uint32_t misc = 0, misc_mask = UINT32_MAX;
	const uint64_t mask[2] = { ~SGX_ATTR_MODE64BIT, 0 };
	json_object *to = json_object_new_object();
	struct sgx_targetinfo qe;
	uint64_t attributes[2] = { 0, 0 };
	uint8_t mrsigner[32];

	qe_targetinfo(&qe);
	qe_mrsigner(mrsigner);
	attributes[0] = qe.attributes & mask[0];
	add_head(to, "QE", 2, wish);
	add_number(to, "tcbEvaluationDataNumber", EVALUATION);
	add_hex(to, "miscselect", &misc, sizeof(misc));
	add_hex(to, "miscselectMask", &misc_mask, sizeof(misc_mask));
	add_hex(to, "attributes", attributes, sizeof(attributes));
	add_hex(to, "attributesMask", mask, sizeof(mask));
	add_hex(to, "mrsigner", mrsigner, sizeof(mrsigner));
	add_number(to, "isvprodid", 1);
	json_object_object_add(to, "tcbLevels", qe_levels(wish));
	return to;
}

/* Takes the object over.  Its text, and the signature of that. */
static char *sign(json_object *object, const struct pki *pki,
		  char signature[129])
{
	const char *text = json_object_to_json_string_ext(object, COMPACT);
	char *copy = text ? strdup(text) : NULL;
	uint8_t rs[EC_SIZE];

	json_object_put(object);
	if (copy && ec_sign(pki->tcb_signing.key, copy, strlen(copy), rs)) {
		free(copy);
		return NULL;
	}
	hex(rs, sizeof(rs), signature);
	return copy;
}

int collateral_make(struct collateral *c, const struct pki *pki,
		    const struct collateral_wish *wish)
{
	memset(c, 0, sizeof(*c));
	c->root_crl = cert_make_crl(pki->root.cert, pki->root.key, NULL,
				    wish->issued, wish->next_update);
	c->pck_crl = cert_make_crl(pki->platform_ca.cert, pki->platform_ca.key,
				   wish->revoked, wish->issued,
				   wish->next_update);
	c->tcb_info = sign(tcb_info(wish), pki, c->tcb_info_signature);
	c->qe_identity = sign(qe_identity(wish), pki, c->qe_identity_signature);
	if (c->root_crl && c->pck_crl && c->tcb_info && c->qe_identity)
		return 0;
	collateral_free(c);
	return -1;
}

void collateral_free(struct collateral *c)
{
	X509_CRL_free(c->root_crl);
	X509_CRL_free(c->pck_crl);
	free(c->tcb_info);
	free(c->qe_identity);
	memset(c, 0, sizeof(*c));
}

static char *wrap(const char *name, const char *object, const char *signature)
{
	char *text;

	if (asprintf(&text, "{\"%s\":%s,\"signature\":\"%s\"}", name, object,
		     signature) < 0)
		return NULL;
	return text;
}

char *collateral_tcb_info(const struct collateral *c)
{
	return wrap("tcbInfo", c->tcb_info, c->tcb_info_signature);
}

char *collateral_qe_identity(const struct collateral *c)
{
	return wrap("enclaveIdentity", c->qe_identity,
		    c->qe_identity_signature);
}
