/* SPDX-License-Identifier: BSD-3-Clause */
/* See tests/unit/attest/fixture.h. */
#include "tests/unit/attest/fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/pki/platform_keys.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"

struct package package;
struct quoter quoter;
char said[512];

static void entropy(void *buf, size_t n)
{
	if (getrandom(buf, n, 0) != (ssize_t)n)
		abort();
}

static void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

int fixture_setup(void **state)
{
	struct package_config config = { .epc_bytes = 1 << 20,
					 .sgx2 = true,
					 .xcr0 = 3 };

	(void)state;
	entropy(config.root_seal_key, sizeof(config.root_seal_key));
	entropy(config.root_provisioning_key,
		sizeof(config.root_provisioning_key));
	entropy(config.owner_epoch, sizeof(config.owner_epoch));
	entropy(config.cpusvn, sizeof(config.cpusvn));
	package_init(&package, &config, entropy);
	quoter_init(&quoter, &package, NULL, complain);
	return 0;
}

void fixture_report(struct sgx_report *report)
{
	struct sgx_targetinfo target;
	uint8_t key[16];

	memset(report, 0, sizeof(*report));
	memcpy(report->cpusvn, package.cpusvn, 16);
	report->attributes = SGX_ATTR_INIT | SGX_ATTR_MODE64BIT;
	report->xfrm = 3;
	memset(report->mrenclave, 0xaa, 32);
	memset(report->mrsigner, 0xbb, 32);
	report->isvprodid = 7;
	report->isvsvn = 9;
	memset(report->reportdata, 0xcc, 64);
	memcpy(report->keyid, package.cr_report_keyid, 32);
	qe_targetinfo(&target);
	key_for_report(&package, &target, report->keyid, key);
	aes_cmac(key, report, REPORT_MACED_SIZE, report->mac);
}
