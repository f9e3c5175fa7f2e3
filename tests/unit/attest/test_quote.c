/* SPDX-License-Identifier: BSD-3-Clause */
/* A quote, byte for byte; and what verifies of it. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/pki/cert.h"
#include "attest/pki/pck.h"
#include "attest/pki/platform_keys.h"
#include "attest/quote/check.h"
#include "tests/conform/conform.h"
#include "tests/unit/attest/fixture.h"

static uint8_t bytes[8192];
static size_t size;
static struct sgx_report report;

static void make(struct qe_report_info *info)
{
	fixture_report(&report);
	memset(bytes, 0xee, sizeof(bytes));
	assert_int_equal(quoter_quote(&quoter, &report, info, bytes,
				      sizeof(bytes)),
			 QUOTE_DONE);
	size = quoter_size(&quoter);
}

static uint64_t number(size_t at, size_t n)
{
	uint64_t value = 0;

	memcpy(&value, bytes + at, n);
	return value;
}

static void header(void **state)
{
	static const uint8_t vendor[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
					  0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
					  0x95, 0x7f, 0x06, 0x07 };
	uint8_t user_data[20] = { 0 };

	(void)state;
	make(NULL);
	platform_qe_id(&package, user_data);
	assert_int_equal(number(0, 2), 3);
	assert_int_equal(number(2, 2), 2);
	assert_int_equal(number(4, 4), 0);
	assert_int_equal(number(8, 2), QE_ISVSVN);
	assert_int_equal(number(10, 2), PCE_ISVSVN);
	assert_memory_equal(bytes + 12, vendor, 16);
	assert_memory_equal(bytes + 28, user_data, 20);
}

static void body(void **state)
{
	(void)state;
	make(NULL);
	assert_memory_equal(bytes + 48, &report, 384);
	assert_int_equal(number(432, 4), size - 436);
}

static void signature(void **state)
{
	EVP_PKEY *key;

	(void)state;
	make(NULL);
	key = ec_from_public(bytes + 500);
	assert_non_null(key);
	assert_true(ec_verify(key, bytes, 432, bytes + 436));
	bytes[431] ^= 1;
	assert_false(ec_verify(key, bytes, 432, bytes + 436));
	EVP_PKEY_free(key);
}

static void qe_body(void **state)
{
	uint8_t hashed[96], hash[64] = { 0 };
	EVP_PKEY *pck = platform_pck_key(&package);
	struct sgx_report qe;

	(void)state;
	make(NULL);
	memcpy(&qe, bytes + 564, 384);
	memcpy(hashed, bytes + 500, 64);
	memcpy(hashed + 64, bytes + 1014, 32);
	SHA256(hashed, sizeof(hashed), hash);
	assert_memory_equal(qe.reportdata, hash, 64);
	assert_int_equal(qe.attributes, 0x15);
	assert_int_equal(qe.xfrm, 3);
	assert_int_equal(qe.isvprodid, 1);
	assert_true(ec_verify(pck, bytes + 564, 384, bytes + 948));
	EVP_PKEY_free(pck);
}

static void auth_data(void **state)
{
	(void)state;
	make(NULL);
	assert_int_equal(number(1012, 2), 32);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(bytes[1014 + i], i);
}

static void certification(void **state)
{
	const char *text = (const char *)bytes + 1052;

	(void)state;
	make(NULL);
	assert_int_equal(number(1046, 2), 5);
	assert_int_equal(number(1048, 4), size - 1052);
	assert_int_equal(bytes[size - 1], 0);
	assert_int_equal(bytes[size], 0xee);
	assert_int_equal(strlen(text), size - 1052 - 1);
	assert_memory_equal(text, "-----BEGIN CERTIFICATE-----\n", 28);
}

static void a_wrong_mac(void **state)
{
	(void)state;
	fixture_report(&report);
	report.mac[15] ^= 0x80;
	assert_int_equal(quoter_quote(&quoter, &report, NULL, bytes,
				      sizeof(bytes)),
			 QUOTE_BAD_REPORT);
	fixture_report(&report);
	report.isvsvn++;
	assert_int_equal(quoter_quote(&quoter, &report, NULL, bytes,
				      sizeof(bytes)),
			 QUOTE_BAD_REPORT);
}

static void no_room(void **state)
{
	(void)state;
	make(NULL);
	assert_int_equal(quoter_quote(&quoter, &report, NULL, bytes, size - 1),
			 QUOTE_NO_ROOM);
}

/* The report is for the one who asked, and says for which quote. */
static void a_report_of_the_quoting_enclave(void **state)
{
	struct qe_report_info info = { .nonce = "fifteen letters",
				       .target = { .xfrm = 3 } };
	struct sgx_report by_itself;
	uint8_t *hashed, hash[64] = { 0 };

	(void)state;
	memset(info.target.measurement, 0xaa, 32);
	make(&info);
	hashed = malloc(16 + size);
	assert_non_null(hashed);
	memcpy(hashed, info.nonce, 16);
	memcpy(hashed + 16, bytes, size);
	SHA256(hashed, 16 + size, hash);
	free(hashed);
	assert_memory_equal(info.report.reportdata, hash, 64);
	qe_report(&package, &info.target, hash, &by_itself);
	assert_memory_equal(&info.report, &by_itself, sizeof(by_itself));
	assert_memory_equal(info.report.keyid, package.cr_report_keyid, 32);
}

static X509_CRL *const no_crls[] = { NULL };

static const char *first_bad(X509 *root, X509_CRL *const *crls)
{
	struct quote_step steps[QUOTE_STEPS];
	char why[QUOTE_WHY_SIZE];
	const char *bad = NULL;
	struct quote q;
	bool good;

	assert_int_equal(quote_parse(&q, bytes, sizeof(bytes), why), 0);
	assert_int_equal(q.size, size);
	good = quote_verify(&q, root, crls, steps);
	for (unsigned i = 0; i < QUOTE_STEPS && !bad; i++)
		if (!steps[i].good)
			bad = steps[i].name;
	assert_int_equal(good, bad == NULL);
	quote_free(&q);
	return bad;
}

static void it_verifies(void **state)
{
	(void)state;
	make(NULL);
	assert_null(first_bad(quoter.pki.root.cert, no_crls));
}

static void what_is_signed_cannot_be_changed(void **state)
{
	static const struct {
		size_t at;
		const char *step;
	} rows[] = {
		{ 8, "signature" },          { 48 + 64, "signature" },
		{ 436, "signature" },        { 564, "QE's report" },
		{ 948 + 63, "QE's report" }, { 1014, "attestation key" },
		{ 12, "vendor id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(NULL);
		bytes[rows[i].at] ^= 1;
		assert_string_equal(first_bad(quoter.pki.root.cert, no_crls),
				    rows[i].step);
	}
}

static void another_root(void **state)
{
	struct pki other;

	(void)state;
	make(NULL);
	assert_int_equal(pki_open(&other, NULL, quoter.complain), 0);
	assert_string_equal(first_bad(other.root.cert, no_crls),
			    "certificates");
	pki_close(&other);
}

static void a_revoked_pck(void **state)
{
	struct pki *pki = &quoter.pki;
	time_t now = time(NULL);
	X509_CRL *crls[3] = { NULL };
	struct quote q;
	char why[QUOTE_WHY_SIZE];

	(void)state;
	make(NULL);
	assert_int_equal(quote_parse(&q, bytes, size, why), 0);
	crls[0] = cert_make_crl(pki->root.cert, pki->root.key, NULL, now - 1,
				now + 99);
	for (int revoke = 0; revoke < 2; revoke++) {
		crls[1] = cert_make_crl(pki->platform_ca.cert,
					pki->platform_ca.key,
					revoke ? q.chain[0] : NULL, now - 1,
					now + 99);
		assert_non_null(crls[1]);
		assert_int_equal(first_bad(pki->root.cert, crls) != NULL,
				 revoke);
		X509_CRL_free(crls[1]);
	}
	X509_CRL_free(crls[0]);
	quote_free(&q);
}

/* SGX's extension says what the platform is. */
static void the_pck_extension(void **state)
{
	struct quote q;
	char why[QUOTE_WHY_SIZE];
	uint8_t ppid[16];

	(void)state;
	make(NULL);
	platform_ppid(&package, ppid);
	assert_int_equal(quote_parse(&q, bytes, size, why), 0);
	assert_true(q.has_extension);
	assert_memory_equal(q.extension.ppid, ppid, 16);
	assert_memory_equal(q.extension.cpusvn, package.cpusvn, 16);
	assert_memory_equal(q.extension.component, package.cpusvn, 16);
	assert_int_equal(q.extension.pcesvn, PCE_ISVSVN);
	assert_memory_equal(q.extension.fmspc, "SWSGX", 6);
	assert_memory_equal(q.extension.pceid, "\0", 2);
	quote_free(&q);
}

static void cut_short(void **state)
{
	char why[QUOTE_WHY_SIZE];
	struct quote q;

	(void)state;
	make(NULL);
	for (size_t n = 0; n < size; n += n < 1100 ? 1 : 97) {
		assert_int_equal(quote_parse(&q, bytes, n, why), -1);
		quote_free(&q);
	}
	assert_int_equal(quote_parse(&q, bytes, size, why), 0);
	quote_free(&q);
}

static void entropy(void *buf, size_t n)
{
	assert_int_equal(getrandom(buf, n, 0), n);
}

/* An old report does not verify, and what certifies the key is another's. */
static void after_a_migration(void **state)
{
	uint8_t before[16], after[16], id[32], id_after[32];

	(void)state;
	make(NULL);
	platform_ppid(&package, before);
	quoter_key_id(&quoter, id);
	package_lose_power(&package, entropy);
	package_replace(&package, NULL, entropy);
	assert_int_equal(quoter_quote(&quoter, &report, NULL, bytes,
				      sizeof(bytes)),
			 QUOTE_BAD_REPORT);
	make(NULL);
	assert_null(first_bad(quoter.pki.root.cert, no_crls));
	platform_ppid(&package, after);
	quoter_key_id(&quoter, id_after);
	assert_memory_not_equal(before, after, 16);
	assert_memory_not_equal(id, id_after, 32);
}

#define T(test) cmocka_unit_test(test)

static const struct conform rows[] = {
	SUBJECT("Quote, version 3",
		"DCAP sgx_quote_3.h, quoting_enclave_3.cpp gen_quote()"),
	ROW("header", "version 3, P-256, SGX, SVNs, Intel's vendor id, QE_ID",
	    T(header)),
	ROW("report body, length", "as EREPORT made it", T(body)),
	ROW("signature, key", "over the first 432 bytes", T(signature)),
	ROW("QE's report", "by the PCK key; REPORTDATA has the key's hash",
	    T(qe_body)),
	ROW("authentication data", "32 bytes, 00 to 1f", T(auth_data)),
	ROW("certification data", "type 5, PEM, a NUL", T(certification)),
	ROW("the report's MAC", "INVALID_REPORT", T(a_wrong_mac),
	    T(after_a_migration)),
	ROW("buffer too small", "refused", T(no_room)),
	ROW("QE's report for the client", "nonce and quote",
	    T(a_report_of_the_quoting_enclave)),
	SUBJECT("PCK certificate",
		"Intel \"SGX PCK Certificate and Certificate Revocation List "
		"Profile Specification\""),
	ROW("SGX extension", "PPID, TCB, PCEID, FMSPC", T(the_pck_extension)),
	SUBJECT("swsgx quote", "QVL QuoteVerifier.cpp"),
	ROW("a good quote", "verifies", T(it_verifies)),
	ROW("a byte changed", "the step that covers it",
	    T(what_is_signed_cannot_be_changed)),
	ROW("another root", "refused", T(another_root)),
	ROW("a revoked PCK certificate", "refused", T(a_revoked_pck)),
	ROW("cut short anywhere", "refused", T(cut_short)),
};
CONFORM_MAIN(rows, fixture_setup)
