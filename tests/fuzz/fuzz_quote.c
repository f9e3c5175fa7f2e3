/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `swsgx quote`: any file is a quote or is refused in words; and what verifies
 * is a quote that was made, in every byte that is signed.
 */
#include <stdlib.h>
#include <string.h>

#include "attest/quote/check.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/quoting.h"

#define ROOM 8192

static struct package package;
static struct quoter quoter;
static uint8_t made[ROOM];
static size_t made_size;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sgx_report report = { .isvsvn = 7 };

	(void)argc;
	(void)argv;
	quoting_begin(&quoter, &package, &report);
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
