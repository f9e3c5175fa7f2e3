/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx quote`: any file is a quote or is refused in words; and what verifies
 * is a quote that was made, in every byte that is signed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/pki/platform_keys.h"
#include "attest/quote/check.h"
#include "attest/quote/quoter.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"
#include "tests/fuzz/input.h"

#define ROOM 8192

static struct package package;
static struct quoter quoter;
static uint8_t made[ROOM];
static size_t made_size;

static void entropy(void *buf, size_t n)
{
	must(getrandom(buf, n, 0) == (ssize_t)n);
}

static void complain(const char *format, ...)
{
	(void)format;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct package_config config = { .epc_bytes = 1 << 20,
					       .xcr0 = 3 };
	struct sgx_report report = { .isvsvn = 7 };
	struct sgx_targetinfo target;
	uint8_t key[SGX_KEY_SIZE];

	(void)argc;
	(void)argv;
	package_init(&package, &config, entropy);
	quoter_init(&quoter, &package, NULL, complain);
	qe_targetinfo(&target);
	key_for_report(&package, &target, report.keyid, key);
	aes_cmac(key, &report, REPORT_MACED_SIZE, report.mac);
	must(quoter_quote(&quoter, &report, NULL, made, sizeof(made)) ==
	     QUOTE_DONE);
	made_size = quoter_size(&quoter);
	return 0;
}

/* The quote that was made, with bytes changed, or cut, or more behind it. */
static size_t change(struct input *in, uint8_t bytes[ROOM])
{
	size_t n = made_size;

	memcpy(bytes, made, ROOM);
	for (unsigned i = take_below(in, 4); i; i--)
		bytes[take(in, 2) % made_size] ^= take8(in);
	if (take8(in) & 1)
		n = take(in, 2) % ROOM;
	return n;
}

static void check(const uint8_t *bytes, size_t n)
{
	X509_CRL *const none[] = { NULL };
	struct quote_step steps[QUOTE_STEPS];
	char why[QUOTE_WHY_SIZE] = "";
	struct quote quote;

	if (quote_parse(&quote, bytes, n, why)) {
		must(*why && strlen(why) < sizeof(why));
	} else {
		must(quote.size <= n);
		if (quote_verify(&quote, quoter.pki.root.cert, none, steps))
			must(!memcmp(bytes, made, QUOTE_SIGNED_SIZE));
		for (unsigned i = 0; i < QUOTE_STEPS; i++)
			must(*steps[i].detail && steps[i].name);
	}
	quote_free(&quote);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t *copy;
	size_t n;

	copy = malloc(ROOM);
	must(copy != NULL);
	if (take8(&in) & 1) {
		n = in.n < ROOM ? in.n : ROOM;
		memcpy(copy, in.p, n);
	} else {
		n = change(&in, copy);
	}
	check(copy, n);
	free(copy);
	return 0;
}
