/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/platform_keys.h. */
#include "attest/pki/platform_keys.h"

#include <openssl/sha.h>
#include <string.h>

#include "attest/base/ec.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"

#define ISVPRODID 1 /* of the PCE and of the quoting enclave */
#define SEED_BITS (8 * EC_SEED_SIZE)

/*
 * The hashes of these sentences cannot be those of an enclave.
 * DEVIATION DP61.
 */
static const char qe_name[] = "swsgx TEST ONLY quoting enclave, no security";
static const char qe_signer_name[] =
	"swsgx TEST ONLY signer of the quoting enclave, no security";

/* MRSIGNER of Intel's PCE; linux-sgx service_enclave_mrsigner.hh */
static const uint8_t pce_mrsigner[32] = {
	0xc5, 0x4a, 0x62, 0xf2, 0xbe, 0x9e, 0xf7, 0x6e, 0xfb, 0x1f, 0x39,
	0x30, 0xad, 0x81, 0xea, 0x7f, 0x60, 0xde, 0xfc, 0x1f, 0x5f, 0x25,
	0xe0, 0x9b, 0x7c, 0x06, 0x7a, 0x81, 0x5a, 0xe0, 0xc6, 0xcb,
};

static void set_secs(struct sgx_secs *secs, const uint8_t mrsigner[32],
		     uint16_t isvsvn)
{
	memset(secs, 0, sizeof(*secs));
	secs->attributes = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT |
			   SGX_ATTR_PROVISIONKEY;
	secs->xfrm = 3;
	memcpy(secs->mrsigner, mrsigner, 32);
	secs->isvprodid = ISVPRODID;
	secs->isvsvn = isvsvn;
}

/* All attributes count but MODE64BIT. */
static void set_request(struct sgx_keyrequest *request, uint16_t keyname)
{
	memset(request, 0, sizeof(*request));
	request->keyname = keyname;
	request->attributemask = ~SGX_ATTR_MODE64BIT;
	request->miscmask = UINT32_MAX;
}

/* `newest`: the platform's SVNs; else all of them are 0. */
static void provision_key(const struct package *package, bool newest,
			  uint8_t key[SGX_KEY_SIZE])
{
	static const struct secs_hidden hidden;
	struct sgx_keyrequest request;
	struct sgx_secs secs;

	set_secs(&secs, pce_mrsigner, PCE_ISVSVN);
	set_request(&request, KEYNAME_PROVISION);
	if (newest) {
		request.isvsvn = PCE_ISVSVN;
		memcpy(request.cpusvn, package->cpusvn, 16);
	}
	(void)key_for_request(package, &secs, &hidden, &request, key);
}

static void qe_seal_key(const struct package *package, bool newest,
			uint8_t key[SGX_KEY_SIZE])
{
	static const struct secs_hidden hidden;
	struct sgx_keyrequest request;
	uint8_t mrsigner[32];
	struct sgx_secs secs;

	qe_mrsigner(mrsigner);
	set_secs(&secs, mrsigner, QE_ISVSVN);
	set_request(&request, KEYNAME_SEAL);
	request.keypolicy = KEYPOLICY_MRSIGNER;
	if (newest) {
		request.isvsvn = QE_ISVSVN;
		memcpy(request.cpusvn, package->cpusvn, 16);
	}
	(void)key_for_request(package, &secs, &hidden, &request, key);
}

/*
 * NIST SP 800-108 in counter mode, as Intel's enclaves have it: block i is the
 * CMAC of i, a label, a zero and the number of bits.
 */
static void derive(const uint8_t key[16], const char *label, unsigned bits,
		   uint8_t *out, size_t n)
{
	uint8_t message[16] = { 0 }, block[16];

	memcpy(message + 1, label, strnlen(label, 11));
	message[14] = (uint8_t)(bits >> 8);
	message[15] = (uint8_t)bits;
	for (size_t at = 0; at < n; at += sizeof(block)) {
		size_t part = n - at < sizeof(block) ? n - at : sizeof(block);

		if (bits > 128)
			message[0]++;
		aes_cmac(key, message, sizeof(message), block);
		memcpy(out + at, block, part);
	}
}

EVP_PKEY *platform_pck_key(const struct package *package)
{
	uint8_t key[SGX_KEY_SIZE], seed[EC_SEED_SIZE];

	provision_key(package, true, key);
	derive(key, "PAK_KEY_DER", SEED_BITS, seed, sizeof(seed));
	return ec_from_seed(seed);
}

EVP_PKEY *platform_attestation_key(const struct package *package)
{
	uint8_t key[SGX_KEY_SIZE], seed[EC_SEED_SIZE];

	qe_seal_key(package, true, key);
	derive(key, "QE_KEY_DER", SEED_BITS, seed, sizeof(seed));
	return ec_from_seed(seed);
}

void platform_ppid(const struct package *package, uint8_t ppid[16])
{
	static const uint8_t zeros[16];
	uint8_t key[SGX_KEY_SIZE];

	provision_key(package, false, key);
	aes_cmac(key, zeros, sizeof(zeros), ppid);
}

void platform_qe_id(const struct package *package, uint8_t qe_id[16])
{
	uint8_t key[SGX_KEY_SIZE];

	qe_seal_key(package, false, key);
	derive(key, "QE_ID_DER", 128, qe_id, 16);
}

void qe_mrsigner(uint8_t mrsigner[32])
{
	SHA256((const uint8_t *)qe_signer_name, sizeof(qe_signer_name) - 1,
	       mrsigner);
}

void qe_targetinfo(struct sgx_targetinfo *target)
{
	uint8_t nobody[32] = { 0 };
	struct sgx_secs secs;

	set_secs(&secs, nobody, QE_ISVSVN);
	memset(target, 0, sizeof(*target));
	SHA256((const uint8_t *)qe_name, sizeof(qe_name) - 1,
	       target->measurement);
	target->attributes = secs.attributes;
	target->xfrm = secs.xfrm;
}

void qe_report(const struct package *package,
	       const struct sgx_targetinfo *target,
	       const uint8_t reportdata[64], struct sgx_report *report)
{
	struct sgx_targetinfo self;
	uint8_t key[SGX_KEY_SIZE];

	qe_targetinfo(&self);
	memset(report, 0, sizeof(*report));
	memcpy(report->cpusvn, package->cpusvn, 16);
	report->attributes = self.attributes;
	report->xfrm = self.xfrm;
	memcpy(report->mrenclave, self.measurement, 32);
	qe_mrsigner(report->mrsigner);
	report->isvprodid = ISVPRODID;
	report->isvsvn = QE_ISVSVN;
	memcpy(report->reportdata, reportdata, 64);
	if (!target)
		return;
	memcpy(report->keyid, package->cr_report_keyid, 32);
	key_for_report(package, target, report->keyid, key);
	aes_cmac(key, report, REPORT_MACED_SIZE, report->mac);
}
