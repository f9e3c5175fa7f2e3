/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/sgx_extension.h. */
#include "attest/pki/sgx_extension.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "attest/pki/profile.h"

#define ALL_FOUND 0x1fffffu /* 16 components and five more */

struct reader {
	struct sgx_extension *ext;
	uint32_t found; /* a bit for each */
	bool in_tcb;    /* which has no other inside */
};

static void free_sequence(ASN1_SEQUENCE_ANY *seq)
{
	sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
}

static ASN1_SEQUENCE_ANY *open_sequence(const ASN1_TYPE *value)
{
	const uint8_t *p;

	if (!value || value->type != V_ASN1_SEQUENCE)
		return NULL;
	p = value->value.sequence->data;
	return d2i_ASN1_SEQUENCE_ANY(NULL, &p, value->value.sequence->length);
}

/* The part of an OID behind SGX's: "2.17".  False: it is no such OID. */
static bool name_of(const ASN1_TYPE *value, char *name, size_t size)
{
	const char prefix[] = PROFILE_OID_SGX ".";
	char text[64];

	if (!value || value->type != V_ASN1_OBJECT)
		return false;
	OBJ_obj2txt(text, sizeof(text), value->value.object, 1);
	if (strncmp(text, prefix, sizeof(prefix) - 1) ||
	    strlen(text + sizeof(prefix) - 1) >= size)
		return false;
	strcpy(name, text + sizeof(prefix) - 1);
	return true;
}

static bool take_bytes(struct reader *r, const ASN1_TYPE *value, void *to,
		       int n, unsigned bit)
{
	if (value->type != V_ASN1_OCTET_STRING ||
	    value->value.octet_string->length != n)
		return false;
	memcpy(to, value->value.octet_string->data, (size_t)n);
	r->found |= 1u << bit;
	return true;
}

static bool take_svn(struct reader *r, const ASN1_TYPE *value, long i)
{
	int64_t n = -1;

	if (value->type != V_ASN1_INTEGER ||
	    !ASN1_INTEGER_get_int64(&n, value->value.integer) || n < 0 ||
	    n > (i == 17 ? UINT16_MAX : UINT8_MAX))
		return false;
	if (i == 17)
		r->ext->pcesvn = (uint16_t)n;
	else
		r->ext->component[i - 1] = (uint8_t)n;
	r->found |= 1u << (i - 1);
	return true;
}

static bool take_tcb(struct reader *r, const char *name, const ASN1_TYPE *value)
{
	char *end;
	long i = strtol(name, &end, 10);

	if (*end || i < 1 || i > 18)
		return false;
	if (i == 18)
		return take_bytes(r, value, r->ext->cpusvn, 16, 17);
	return take_svn(r, value, i);
}

static bool take_all(struct reader *r, const ASN1_TYPE *value);

static bool take(struct reader *r, const char *name, const ASN1_TYPE *value)
{
	if (!strcmp(name, "1"))
		return take_bytes(r, value, r->ext->ppid, 16, 18);
	if (!strcmp(name, "2") && !r->in_tcb) {
		bool good;

		r->in_tcb = true;
		good = take_all(r, value);
		r->in_tcb = false;
		return good;
	}
	if (!strncmp(name, "2.", 2))
		return take_tcb(r, name + 2, value);
	if (!strcmp(name, "3"))
		return take_bytes(r, value, r->ext->pceid, 2, 19);
	if (!strcmp(name, "4"))
		return take_bytes(r, value, r->ext->fmspc, 6, 20);
	return true; /* the type, and what only Platform CAs say */
}

static bool take_pair(struct reader *r, const ASN1_TYPE *value)
{
	ASN1_SEQUENCE_ANY *pair = open_sequence(value);
	char name[16];
	bool good = pair && sk_ASN1_TYPE_num(pair) == 2 &&
		    name_of(sk_ASN1_TYPE_value(pair, 0), name, sizeof(name)) &&
		    take(r, name, sk_ASN1_TYPE_value(pair, 1));

	free_sequence(pair);
	return good;
}

/* A SEQUENCE of pairs. */
static bool take_all(struct reader *r, const ASN1_TYPE *value)
{
	ASN1_SEQUENCE_ANY *all = open_sequence(value);
	bool good = all != NULL;

	for (int i = 0; good && i < sk_ASN1_TYPE_num(all); i++)
		good = take_pair(r, sk_ASN1_TYPE_value(all, i));
	free_sequence(all);
	return good;
}

int sgx_extension_read(X509 *cert, struct sgx_extension *ext)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(PROFILE_OID_SGX, 1);
	int at = oid ? X509_get_ext_by_OBJ(cert, oid, -1) : -1;
	struct reader r = { .ext = ext };
	ASN1_OCTET_STRING *data;
	ASN1_TYPE *value = NULL;
	const uint8_t *p;
	bool good = false;

	ASN1_OBJECT_free(oid);
	memset(ext, 0, sizeof(*ext));
	if (at >= 0) {
		data = X509_EXTENSION_get_data(X509_get_ext(cert, at));
		p = ASN1_STRING_get0_data(data);
		value = d2i_ASN1_TYPE(NULL, &p, ASN1_STRING_length(data));
		good = value && take_all(&r, value) && r.found == ALL_FOUND;
	}
	ASN1_TYPE_free(value);
	return good ? 0 : -1;
}
