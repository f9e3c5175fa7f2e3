/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports a SIGSTRUCT: its fields, and what ECREATE and EINIT would refuse.
 * SDM "Enclave Signature Structure (SIGSTRUCT)", "EINIT", "ECREATE".
 */
#include "cli/info/sigstruct.h"

#include <stdio.h>
#include <string.h>

#include "cli/info/signature.h"
#include "cli/message.h"

static const uint8_t header[16] = SIGSTRUCT_HEADER;
static const uint8_t header2[16] = SIGSTRUCT_HEADER2;

const struct bit_name sigstruct_attribute_names[] = {
	{ 0, "INIT" },         { 1, "DEBUG" },         { 2, "MODE64BIT" },
	{ 4, "PROVISIONKEY" }, { 5, "EINITTOKENKEY" }, { 6, "CET" },
	{ 7, "KSS" },          { 10, "AEXNOTIFY" },    { 0, NULL },
};

/* SDM vol. 1, "XSAVE-Managed Features". */
const struct bit_name sigstruct_xfrm_names[] = {
	{ 0, "X87" },       { 1, "SSE" },      { 2, "AVX" },
	{ 3, "BNDREGS" },   { 4, "BNDCSR" },   { 5, "OPMASK" },
	{ 6, "ZMM_HI256" }, { 7, "HI16_ZMM" }, { 8, "PT" },
	{ 9, "PKRU" },      { 10, "PASID" },   { 11, "CET_U" },
	{ 12, "CET_S" },    { 13, "HDC" },     { 14, "UINTR" },
	{ 15, "LBR" },      { 16, "HWP" },     { 17, "TILECFG" },
	{ 18, "TILEDATA" }, { 0, NULL },
};

const struct bit_name sigstruct_misc_names[] = {
	{ 0, "EXINFO" },
	{ 1, "CPINFO" },
	{ 0, NULL },
};

static bool all_zero(const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--)
		if (*p++)
			return false;
	return true;
}

/* The first byte that differs; the last if none does. */
static unsigned difference(const uint8_t a[16], const uint8_t b[16])
{
	unsigned i = 0;

	while (i < 15 && a[i] == b[i])
		i++;
	return i;
}

/* ---- finding one ----------------------------------------------------- */

bool sigstruct_begins(const struct file *file, uint64_t offset)
{
	const uint8_t *p = file_at(file, offset, sizeof(struct sgx_sigstruct));

	return p && !memcmp(p, header, sizeof(header)) &&
	       !memcmp(p + offsetof(struct sgx_sigstruct, header2), header2,
		       sizeof(header2));
}

int sigstruct_get(const struct file *file, uint64_t offset, const char *what,
		  struct sgx_sigstruct *sig)
{
	const uint8_t *p = file_at(file, offset, sizeof(*sig));
	unsigned i;

	if (!p) {
		complain("%s: %s at offset 0x%llx: expected a SIGSTRUCT of "
			 "%zu bytes, the file ends at 0x%zx",
			 file->path, what, (unsigned long long)offset,
			 sizeof(*sig), file->size);
		return -1;
	}
	memcpy(sig, p, sizeof(*sig));
	if (all_zero(sig, sizeof(*sig))) {
		complain("%s: not signed: %s at offset 0x%llx is all zeros; "
			 "sign the enclave, and look at the signed file",
			 file->path, what, (unsigned long long)offset);
		return -1;
	}
	if (!memcmp(sig->header, header, sizeof(header)))
		return 0;
	i = difference(sig->header, header);
	complain("%s: HEADER of %s: 0x%02x at offset 0x%llx, expected 0x%02x; "
		 "not a SIGSTRUCT",
		 file->path, what, sig->header[i],
		 (unsigned long long)offset + i, header[i]);
	return -1;
}

/* ---- its fields ------------------------------------------------------ */

static void report_identity(struct report *report,
			    const struct sgx_sigstruct *sig,
			    const struct signature_verdict *verdict)
{
	report_bytes(report, "mrenclave", "MRENCLAVE", sig->enclavehash, 32);
	report_bytes(report, "mrsigner", "MRSIGNER", verdict->mrsigner, 32);
	report_number(report, "isvprodid", "ISVPRODID", sig->isvprodid);
	report_number(report, "isvsvn", "ISVSVN", sig->isvsvn);
	report_bytes(report, "isvextprodid", "ISVEXTPRODID", sig->isvextprodid,
		     sizeof(sig->isvextprodid));
	report_bytes(report, "isvfamilyid", "ISVFAMILYID", sig->isvfamilyid,
		     sizeof(sig->isvfamilyid));
}

static void report_debug(struct report *report, const struct sgx_sigstruct *sig)
{
	bool debug = sig->attributes & SGX_ATTR_DEBUG;
	const char *text = "allowed";
	const char *value = "allowed";

	if (sig->attributemask & SGX_ATTR_DEBUG) {
		value = debug ? "required" : "forbidden";
		text = debug ? "required: a debug enclave only" :
			       "forbidden: a production enclave only";
	}
	report_text(report, "debug", NULL, value);
	report_text(report, NULL, "debug", text);
}

static void report_policy(struct report *report,
			  const struct sgx_sigstruct *sig)
{
	report_bits(report, "attributes", "ATTRIBUTES", sig->attributes,
		    sigstruct_attribute_names);
	report_mask(report, "attributemask", "  mask", sig->attributemask,
		    sigstruct_attribute_names);
	report_bits(report, "xfrm", "XFRM", sig->xfrm, sigstruct_xfrm_names);
	report_mask(report, "xfrmmask", "  mask", sig->xfrmmask,
		    sigstruct_xfrm_names);
	report_bits(report, "miscselect", "MISCSELECT", sig->miscselect,
		    sigstruct_misc_names);
	report_mask(report, "miscmask", "  mask", sig->miscmask,
		    sigstruct_misc_names);
	report_debug(report, sig);
}

/* Year, month and day in BCD: 0x20240229.  NULL: it is no date. */
static const char *date_text(uint32_t date, char text[16])
{
	unsigned month = date >> 8 & 0xff, day = date & 0xff;

	for (unsigned shift = 0; shift < 32; shift += 4)
		if ((date >> shift & 0xf) > 9)
			return NULL;
	if (month < 0x01 || month > 0x12 || day < 0x01 || day > 0x31)
		return NULL;
	snprintf(text, 16, "%04x-%02x-%02x", date >> 16, month, day);
	return text;
}

static void report_origin(struct report *report,
			  const struct sgx_sigstruct *sig)
{
	const char *vendor = "another";
	const char *date;
	char text[16];

	if (!sig->vendor)
		vendor = "0 (not Intel)";
	else if (sig->vendor == SIGSTRUCT_VENDOR_INTEL)
		vendor = "0x8086 (Intel)";
	report_hex(report, "vendor", NULL, sig->vendor);
	report_text(report, NULL, "VENDOR", vendor);
	date = date_text(sig->date, text);
	report_hex(report, "date_bcd", date ? NULL : "DATE", sig->date);
	if (date)
		report_text(report, "date", "DATE", date);
	report_hex(report, "swdefined", "SWDEFINED", sig->swdefined);
}

static void report_key(struct report *report, const struct sgx_sigstruct *sig,
		       const struct signature_verdict *verdict)
{
	char text[64];

	snprintf(text, sizeof(text), "RSA, %u bits, exponent %u",
		 verdict->key_bits, sig->exponent);
	report_text(report, NULL, "key", text);
	report_number(report, "key_bits", NULL, verdict->key_bits);
	report_number(report, "exponent", NULL, sig->exponent);
	report_truth(report, "signature_verifies", "signature",
		     verdict->verifies,
		     verdict->verifies ? "verifies" : "does not verify");
	report_truth(report, "q1_q2_right", "Q1, Q2", verdict->quotients,
		     verdict->quotients ? "right" : "wrong");
}

/* ---- what would be refused ------------------------------------------- */

static void check_reserved(struct report *report,
			   const struct sgx_sigstruct *sig)
{
	const struct {
		size_t offset, n;
	} reserved[] = {
		{ 44, sizeof(sig->reserved1) },
		{ 910, sizeof(sig->reserved2) },
		{ 992, sizeof(sig->reserved3) },
		{ 1028, sizeof(sig->reserved4) },
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!all_zero((const uint8_t *)sig + reserved[i].offset,
			      reserved[i].n))
			report_problem(report,
				       "%zu reserved bytes at %zu of "
				       "SIGSTRUCT: expected zeros",
				       reserved[i].n, reserved[i].offset);
}

/* SGX_INVALID_SIG_STRUCT */
static void check_format(struct report *report, const struct sgx_sigstruct *sig)
{
	unsigned i = difference(sig->header2, header2);

	if (sig->header2[i] != header2[i])
		report_problem(report,
			       "HEADER2, byte %u of SIGSTRUCT, is "
			       "0x%02x: expected 0x%02x",
			       24 + i, sig->header2[i], header2[i]);
	if (sig->vendor && sig->vendor != SIGSTRUCT_VENDOR_INTEL)
		report_problem(report, "VENDOR is 0x%x: expected 0 or 0x8086",
			       sig->vendor);
	if (sig->exponent != 3)
		report_problem(report, "EXPONENT is %u: expected 3",
			       sig->exponent);
	check_reserved(report, sig);
	if (!(sig->attributes & SGX_ATTR_KSS) &&
	    sig->attributemask & SGX_ATTR_KSS &&
	    !all_zero(sig->isvfamilyid, sizeof(sig->isvfamilyid)))
		report_problem(report, "ISVFAMILYID without ATTRIBUTES.KSS: "
				       "expected zeros");
}

/* ECREATE refuses every SECS that has what these fields demand. */
static void check_policy(struct report *report, const struct sgx_sigstruct *sig)
{
	const uint64_t legacy = XFEATURE_X87 | XFEATURE_SSE;

	if (sig->attributes & sig->attributemask & SGX_ATTR_INIT)
		report_problem(report, "ATTRIBUTES demands INIT, which no "
				       "enclave has before EINIT");
	if (~sig->xfrm & sig->xfrmmask & legacy)
		report_problem(report,
			       "XFRM 0x%llx lacks X87 or SSE, which "
			       "every enclave has",
			       (unsigned long long)sig->xfrm);
}

static void check_key(struct report *report,
		      const struct signature_verdict *verdict)
{
	if (!verdict->verifies)
		report_problem(report, "the signature does not verify "
				       "(SGX_INVALID_SIGNATURE)");
	else if (!verdict->quotients)
		report_problem(report, "Q1 or Q2 is wrong "
				       "(SGX_INVALID_SIGNATURE)");
}

void sigstruct_report(struct report *report, uint64_t offset,
		      const struct sgx_sigstruct *sig)
{
	struct signature_verdict verdict;
	char title[64];

	snprintf(title, sizeof(title), "SIGSTRUCT at offset 0x%llx",
		 (unsigned long long)offset);
	report_item(report, "sigstructs", title);
	report_number(report, "offset", NULL, offset);
	signature_check(sig, &verdict);
	report_identity(report, sig, &verdict);
	report_policy(report, sig);
	if (sig->cet_attributes || sig->cet_attributes_mask) {
		report_hex(report, "cet_attributes", "CET_ATTRIBUTES",
			   sig->cet_attributes);
		report_hex(report, "cet_attributes_mask", "  mask",
			   sig->cet_attributes_mask);
	}
	report_origin(report, sig);
	report_key(report, sig, &verdict);
	check_format(report, sig);
	check_policy(report, sig);
	check_key(report, &verdict);
}
