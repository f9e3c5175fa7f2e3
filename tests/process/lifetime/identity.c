/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who an enclave is: its REPORT, checked by another enclave and in another
 * process; its sealing keys, and what they depend on.  With the argument
 * --print, only prints a sealing key of a fixed signer (identity_runs.sh
 * compares those of two runs).
 *
 * Source: SDM "EREPORT", "EGETKEY".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SGX_INVALID_ISVSVN    64
#define SGX_INVALID_KEYNAME   256
#define SGX_INVALID_ATTRIBUTE 2

static struct parts parts, others;
static struct enclave a, b;

static uint64_t get_key(const struct enclave *e, const struct keyrequest *k,
			uint8_t key[16])
{
	struct request r = { .op = OP_EGETKEY, .keyrequest = *k };

	memset(&r.data, 0xee, sizeof(r.data));
	CHECK(victim_call(e, 0, BY_ENCLU, &r));
	memcpy(key, &r.data, 16);
	return r.value;
}

static struct keyrequest seal_request(uint16_t policy)
{
	struct keyrequest k = { .keyname = KEYNAME_SEAL,
				.keypolicy = policy,
				.attributemask = ATTRIBUTE_DEBUG,
				.miscmask = ~0u };

	memset(k.keyid, 0x42, sizeof(k.keyid));
	return k;
}

static void cmac(const uint8_t key[16], const void *data, size_t n,
		 uint8_t tag[16])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
						 (char *)"AES-128-CBC", 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t length = 0;

	if (!EVP_MAC_init(ctx, key, 16, params) ||
	    !EVP_MAC_update(ctx, data, n) ||
	    !EVP_MAC_final(ctx, tag, &length, 16) || length != 16)
		check_fatal("CMAC");
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

/* A report of `from`, for the enclave that `about` reports. */
static struct report report_for(const struct enclave *from,
				const struct report *about)
{
	struct request r = { .op = OP_EREPORT };

	memcpy(r.target.mrenclave, about->mrenclave, 32);
	r.target.attributes = about->attributes;
	r.target.xfrm = about->xfrm;
	r.target.miscselect = about->miscselect;
	memset(&r.data, 0x33, sizeof(r.data));
	CHECK(victim_call(from, 0, BY_ENCLU, &r));
	return r.report;
}

/* Enclave e, as the target, recomputes the MAC. */
static bool verifies(const struct enclave *e, const struct report *report)
{
	struct keyrequest k = { .keyname = KEYNAME_REPORT };
	uint8_t key[16], tag[16];

	memcpy(k.keyid, report->keyid, sizeof(k.keyid));
	CHECK_EQ(get_key(e, &k, key), 0);
	cmac(key, report, offsetof(struct report, keyid), tag);
	return !memcmp(tag, report->mac, 16);
}

static struct report self_report(const struct enclave *e)
{
	static const struct report nobody;

	return report_for(e, &nobody);
}

static void report_contents(void)
{
	struct report r = self_report(&a);
	uint8_t mrsigner[32];

	check_section("what a REPORT says");
	CHECK_ROW("EREPORT", "SDM \"EREPORT\", Operation", "in a run",
		  "the identity that was signed");
	enclave_mrsigner(&parts.sig, mrsigner);
	CHECK(!memcmp(r.mrenclave, parts.sig.mrenclave, 32));
	CHECK(!memcmp(r.mrsigner, mrsigner, 32));
	CHECK_EQ(r.attributes, parts.sig.attributes | ATTRIBUTE_INIT);
	CHECK_EQ(r.xfrm, parts.sig.xfrm);
	CHECK_EQ(r.isvprodid, parts.options.isvprodid);
	CHECK_EQ(r.isvsvn, parts.options.isvsvn);
	CHECK_EQ(r.reportdata[0], 0x33);
	CHECK_EQ(r.reportdata[63], 0x33);
}

static struct report to_child;

static void child_verifies(void)
{
	CHECK(verifies(&b, &to_child));
	CHECK(!verifies(&a, &to_child));
}

static void local_attestation(void)
{
	struct report about_b = self_report(&b);
	struct report r = report_for(&a, &about_b);

	check_section("REPORT for another enclave");
	CHECK_ROW("EREPORT", "SDM \"EREPORT\", Operation",
		  "for another enclave, another process",
		  "its key verifies it");
	CHECK(verifies(&b, &r));
	/* A different signer, but the REPORT key knows only MRENCLAVE. */
	CHECK(!verifies(&a, &r));
	r.isvsvn ^= 1;
	CHECK(!verifies(&b, &r));
	r.isvsvn ^= 1;
	check_section("REPORT for another process");
	to_child = r;
	CHECK(check_exited_well(check_in_child(child_verifies, 20)));
}

static bool same(const uint8_t x[16], const uint8_t y[16])
{
	return !memcmp(x, y, 16);
}

static void sealing(void)
{
	struct keyrequest by_enclave = seal_request(KEYPOLICY_MRENCLAVE);
	struct keyrequest by_signer = seal_request(KEYPOLICY_MRSIGNER);
	struct keyrequest other_id = by_enclave;
	struct enclave again;
	uint8_t key[16], k[16], signer_a[16], signer_b[16];

	check_section("sealing keys");
	CHECK_ROW("EGETKEY", "SDM \"Key Derivation\"", "seal keys by KEYPOLICY",
		  "equal or different as the table says");
	CHECK_EQ(get_key(&a, &by_enclave, key), 0);
	CHECK_EQ(get_key(&a, &by_enclave, k), 0);
	CHECK(same(key, k));
	other_id.keyid[5] ^= 1;
	CHECK_EQ(get_key(&a, &other_id, k), 0);
	CHECK(!same(key, k));
	CHECK_EQ(get_key(&a, &by_signer, signer_a), 0);
	CHECK_EQ(get_key(&b, &by_signer, signer_b), 0);
	CHECK(!same(key, signer_a));
	CHECK(!same(signer_a, signer_b));
	parts_build(&parts, &again);
	CHECK_EQ(get_key(&again, &by_enclave, k), 0);
	CHECK(same(key, k));
	enclave_destroy(&again);
}

static void refused_keys(void)
{
	struct keyrequest k = seal_request(KEYPOLICY_MRENCLAVE);
	uint8_t key[16], untouched[16];

	check_section("keys that are refused");
	CHECK_ROW("EGETKEY", "SDM \"EGETKEY\", Operation",
		  "keys that are refused", "the code of each");
	memset(untouched, 0, sizeof(untouched));
	k.isvsvn = parts.options.isvsvn;
	CHECK_EQ(get_key(&a, &k, key), 0);
	k.isvsvn++;
	CHECK_EQ(get_key(&a, &k, key), SGX_INVALID_ISVSVN);
	CHECK(!same(key, untouched));
	k.isvsvn = 0;
	k.keyname = 77;
	CHECK_EQ(get_key(&a, &k, key), SGX_INVALID_KEYNAME);
	k.keyname = KEYNAME_PROVISION;
	CHECK_EQ(get_key(&a, &k, key), SGX_INVALID_ATTRIBUTE);
	k.keyname = KEYNAME_EINITTOKEN;
	CHECK_EQ(get_key(&a, &k, key), SGX_INVALID_ATTRIBUTE);
}

/* MRENCLAVE alone decides this key, so any signer will do. */
static int print_key(void)
{
	struct keyrequest k = seal_request(KEYPOLICY_MRENCLAVE);
	uint8_t key[16];

	parts_prepare(&parts, NULL, NULL);
	parts_build(&parts, &a);
	CHECK_EQ(get_key(&a, &k, key), 0);
	for (int i = 0; i < 16; i++)
		printf("%02x", key[i]);
	printf("\n");
	enclave_destroy(&a);
	return 0;
}

/* b differs from a in its signer, its attributes and so its REPORT key. */
int main(int argc, char **argv)
{
	struct enclave_options first = { .isvprodid = 7, .isvsvn = 3 };
	struct enclave_options second = { .debug = true };

	check_timeout(40);
	if (argc > 1 && !strcmp(argv[1], "--print"))
		return print_key();
	parts_prepare(&parts, &first, NULL);
	parts_prepare(&others, &second, enclave_key_generate());
	parts_build(&parts, &a);
	parts_build(&others, &b);
	report_contents();
	local_attestation();
	sealing();
	refused_keys();
	enclave_destroy(&a);
	enclave_destroy(&b);
	check_all_rows();
	return check_result();
}
