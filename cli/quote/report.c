/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/quote/report.h. */
#include "cli/quote/report.h"

#include <stdio.h>
#include <string.h>

#include "cli/info/sigstruct.h"

static void report_head(struct report *report, const struct quote *q)
{
	const struct quote_signed *head = &q->head;

	report_part(report, "quote", "Quote");
	report_number(report, "version", "version", head->version);
	report_text(report, "key_type", "attestation key", "ECDSA, P-256");
	report_size(report, "size", "size", q->size);
	report_bytes(report, "vendor_id", "vendor id", head->vendor, 16);
	report_number(report, "qe_isvsvn", "QE's ISVSVN", head->qe_isvsvn);
	report_number(report, "pce_isvsvn", "PCE's ISVSVN", head->pce_isvsvn);
	report_bytes(report, "user_data", "user data", head->user_data, 20);
}

/* What EREPORT says of an enclave. */
static void report_enclave(struct report *report, const char *key,
			   const char *title, const struct sgx_report *r)
{
	report_part(report, key, title);
	report_bytes(report, "mrenclave", "MRENCLAVE", r->mrenclave, 32);
	report_bytes(report, "mrsigner", "MRSIGNER", r->mrsigner, 32);
	report_number(report, "isvprodid", "ISVPRODID", r->isvprodid);
	report_number(report, "isvsvn", "ISVSVN", r->isvsvn);
	report_bits(report, "attributes", "ATTRIBUTES", r->attributes,
		    sigstruct_attribute_names);
	report_bits(report, "xfrm", "XFRM", r->xfrm, sigstruct_xfrm_names);
	report_bits(report, "miscselect", "MISCSELECT", r->miscselect,
		    sigstruct_misc_names);
	report_bytes(report, "cpusvn", "CPUSVN", r->cpusvn, 16);
	report_bytes(report, "configid", "CONFIGID", r->configid, 64);
	report_number(report, "configsvn", "CONFIGSVN", r->configsvn);
	report_bytes(report, "isvextprodid", "ISVEXTPRODID", r->isvextprodid,
		     16);
	report_bytes(report, "isvfamilyid", "ISVFAMILYID", r->isvfamilyid, 16);
	report_bytes(report, "reportdata", "REPORTDATA", r->reportdata, 64);
}

/* "SWSGX", if the bytes are a word. */
static void report_fmspc(struct report *report, const uint8_t fmspc[6])
{
	static const uint8_t ours[6] = { 'S', 'W', 'S', 'G', 'X', 0 };

	report_bytes(report, "fmspc", "FMSPC", fmspc, 6);
	report_truth(report, "is_test_platform", "test platform",
		     !memcmp(fmspc, ours, sizeof(ours)), NULL);
}

static void report_platform(struct report *report, const struct quote *q)
{
	const struct sgx_extension *ext = &q->extension;

	if (!q->has_extension)
		return;
	report_part(report, "platform", "Platform, by its PCK certificate");
	report_fmspc(report, ext->fmspc);
	report_bytes(report, "ppid", "PPID", ext->ppid, 16);
	report_bytes(report, "pceid", "PCEID", ext->pceid, 2);
	report_bytes(report, "tcb_components", "TCB components", ext->component,
		     16);
	report_number(report, "pcesvn", "PCESVN", ext->pcesvn);
	report_bytes(report, "cpusvn", "CPUSVN", ext->cpusvn, 16);
}

/* One line, whatever the certificate has in it. */
static void report_name(struct report *report, const char *key,
			const char *label, const X509_NAME *name)
{
	char text[512] = "";
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE) >= 0)
		n = BIO_read(bio, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	BIO_free(bio);
	report_text(report, key, label, text);
}

static void report_time(struct report *report, const char *key,
			const char *label, const ASN1_TIME *time)
{
	char text[32] = "malformed";
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	report_text(report, key, label, text);
}

static void report_certificates(struct report *report, const struct quote *q)
{
	for (unsigned i = 0; i < q->nr_chain; i++) {
		X509 *cert = q->chain[i];

		report_item(report, "certificates", "Certificate");
		report_name(report, "subject", "subject",
			    X509_get_subject_name(cert));
		report_name(report, "issuer", "issuer",
			    X509_get_issuer_name(cert));
		report_time(report, "not_before", "from",
			    X509_get0_notBefore(cert));
		report_time(report, "not_after", "to",
			    X509_get0_notAfter(cert));
	}
}

void quote_report(struct report *report, const struct quote *q)
{
	report_head(report, q);
	report_enclave(report, "enclave", "Enclave", &q->body);
	report_enclave(report, "quoting_enclave", "Quoting enclave", &q->qe);
	report_platform(report, q);
	report_certificates(report, q);
}

void quote_report_steps(struct report *report,
			const struct quote_step steps[QUOTE_STEPS],
			const char *root)
{
	report_part(report, "verification", "Verification");
	report_text(report, "root", "root", root ? root : "none");
	for (unsigned i = 0; i < QUOTE_STEPS; i++) {
		const struct quote_step *step = &steps[i];
		char text[QUOTE_WHY_SIZE + 8];

		snprintf(text, sizeof(text), "%s: %s",
			 step->good ? "ok" : "FAILS", step->detail);
		report_truth(report, step->key, step->name, step->good, text);
		if (!step->good)
			report_problem(report, "%s: %s", step->name,
				       step->detail);
	}
}
