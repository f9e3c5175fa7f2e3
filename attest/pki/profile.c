/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/profile.h. */
#include "attest/pki/profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/base/hex.h"

/* A subject key identifier must come before what is made from it. */
#define IDENTIFIERS \
	"subjectKeyIdentifier=hash\n" \
	"authorityKeyIdentifier=keyid:always\n"
#define ROOT_CRL "crlDistributionPoints=URI:" PROFILE_BASE_URL "/rootcacrl\n"

static const char authorities[] =
	"[" PROFILE_SECTION_ROOT "]\n" IDENTIFIERS ROOT_CRL
	"basicConstraints=critical,CA:TRUE,pathlen:1\n"
	"keyUsage=critical,keyCertSign,cRLSign\n"
	"[" PROFILE_SECTION_PLATFORM "]\n" IDENTIFIERS ROOT_CRL
	"basicConstraints=critical,CA:TRUE,pathlen:0\n"
	"keyUsage=critical,keyCertSign,cRLSign\n"
	"[" PROFILE_SECTION_SIGNING "]\n" IDENTIFIERS ROOT_CRL
	"basicConstraints=critical,CA:FALSE\n"
	"keyUsage=critical,digitalSignature,nonRepudiation\n"
	"[" PROFILE_SECTION_CRL "]\n"
	"authorityKeyIdentifier=keyid:always\n";

static const char leaf[] =
	"[" PROFILE_SECTION_PCK "]\n" IDENTIFIERS
	"crlDistributionPoints=URI:" PROFILE_BASE_URL "/pckcrl?ca=platform\n"
	"basicConstraints=critical,CA:FALSE\n"
	"keyUsage=critical,digitalSignature,nonRepudiation\n" PROFILE_OID_SGX
	"=ASN1:SEQUENCE:sgx\n";

/* Members of a SEQUENCE must come in the order of their OIDs. */
static void put_sgx(FILE *f)
{
	static const char *const of[] = { "ppid",         "tcb",  "pceid",
					  "fmspc",        "type", "instance",
					  "configuration" };

	fprintf(f, "[sgx]\n");
	for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		fprintf(f, "%u=SEQUENCE:%s\n", i, of[i]);
}

/* A SEQUENCE of an OID below SGX's and a value. */
static void put_pair(FILE *f, const char *name, const char *oid,
		     const char *value)
{
	fprintf(f, "[%s]\noid=OID:" PROFILE_OID_SGX ".%s\nvalue=%s\n", name,
		oid, value);
}

static void put_bytes(FILE *f, const char *name, const char *oid,
		      const uint8_t *bytes, unsigned n)
{
	char value[64] = "FORMAT:HEX,OCTETSTRING:";

	hex(bytes, n, value + 23);
	put_pair(f, name, oid, value);
}

static void put_tcb_number(FILE *f, unsigned i, unsigned svn)
{
	char name[8], oid[8], value[24];

	snprintf(name, sizeof(name), "tcb%u", i);
	snprintf(oid, sizeof(oid), "2.%u", i);
	snprintf(value, sizeof(value), "INTEGER:%u", svn);
	put_pair(f, name, oid, value);
}

static void put_tcb(FILE *f, const struct profile_pck *pck)
{
	put_pair(f, "tcb", "2", "SEQUENCE:tcbs");
	fprintf(f, "[tcbs]\n");
	for (unsigned i = 1; i <= 18; i++)
		fprintf(f, "%u=SEQUENCE:tcb%u\n", i, i);
	for (unsigned i = 1; i <= 16; i++)
		put_tcb_number(f, i, pck->cpusvn[i - 1]);
	put_tcb_number(f, 17, pck->pcesvn);
	put_bytes(f, "tcb18", "2.18", pck->cpusvn, 16);
}

/* One package, whose keys its maker does not know, and no hyper-threads. */
static void put_configuration(FILE *f)
{
	put_pair(f, "configuration", "7", "SEQUENCE:settings");
	fprintf(f, "[settings]\n1=SEQUENCE:dynamic\n2=SEQUENCE:cached\n"
		   "3=SEQUENCE:smt\n");
	put_pair(f, "dynamic", "7.1", "BOOLEAN:FALSE");
	put_pair(f, "cached", "7.2", "BOOLEAN:FALSE");
	put_pair(f, "smt", "7.3", "BOOLEAN:FALSE");
}

static void put_pck(FILE *f, const struct profile_pck *pck)
{
	static const uint8_t fmspc[] = PROFILE_FMSPC, pceid[] = PROFILE_PCEID;

	fputs(leaf, f);
	put_sgx(f);
	put_bytes(f, "ppid", "1", pck->ppid, sizeof(pck->ppid));
	put_tcb(f, pck);
	put_bytes(f, "pceid", "3", pceid, sizeof(pceid));
	put_bytes(f, "fmspc", "4", fmspc, sizeof(fmspc));
	put_pair(f, "type", "5", "ENUMERATED:1");
	put_bytes(f, "instance", "6", pck->instance, sizeof(pck->instance));
	put_configuration(f);
}

char *profile_text(const struct profile_pck *pck)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	fputs(authorities, f);
	if (pck)
		put_pck(f, pck);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}
