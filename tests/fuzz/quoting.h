/* SPDX-License-Identifier: BSD-3-Clause */
/* A platform that quotes, and a report of its own, for fuzzers of quotes. */
#ifndef SWSGX_TESTS_FUZZ_QUOTING_H
#define SWSGX_TESTS_FUZZ_QUOTING_H

#include <stdlib.h>
#include <sys/random.h>

#include "attest/pki/platform_keys.h"
#include "attest/quote/quoter.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"
#include "tests/fuzz/input.h"

static inline void quoting_entropy(void *buf, size_t n)
{
	must(getrandom(buf, n, 0) == (ssize_t)n);
}

static inline void quoting_complain(const char *format, ...)
{
	(void)format;
}

/* The report's MAC becomes one for the quoting enclave. */
static inline void quoting_begin(struct quoter *quoter, struct package *package,
				 struct sgx_report *report)
{
	const struct package_config config = { .epc_bytes = 1 << 20,
					       .xcr0 = 3 };
	struct sgx_targetinfo target;
	uint8_t key[SGX_KEY_SIZE];

	package_init(package, &config, quoting_entropy);
	quoter_init(quoter, package, NULL, quoting_complain);
	qe_targetinfo(&target);
	key_for_report(package, &target, report->keyid, key);
	aes_cmac(key, report, REPORT_MACED_SIZE, report->mac);
}

#endif
