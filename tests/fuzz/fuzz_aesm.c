/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AESM's messages: whatever a program sends, there is an answer that is
 * well-formed, or none.  Its quotes are those of reports whose MAC is right.
 */
#include <string.h>

#include "attest/aesm/message.h"
#include "attest/aesm/service.h"
#include "attest/aesm/wire.h"
#include "attest/quote/check.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/quoting.h"

#define ROOM 4096

static struct package package;
static struct aesm aesm;
static struct sgx_report report; /* that gets a quote */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	quoting_begin(&aesm.quoter, &package, &report);
	must(quoter_prepare(&aesm.quoter) == 0);
	return 0;
}

/* Bytes of the input, or something that has the right size. */
static void put_field(struct input *in, struct wire_writer *w, unsigned id)
{
	static const size_t sizes[] = { 16, 256, 264, 432, 960, 8 };
	uint8_t bytes[1024] = { 0 };
	size_t n = sizes[take_below(in, 6)];

	switch (take_below(in, 4)) {
	case 0:
		wire_put_number(w, id, take(in, take_below(in, 9)));
		return;
	case 1:
		wire_put_bytes(w, id, &report, sizeof(report));
		return;
	case 2:
		n = take_below(in, 64);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < n && in->n; i++)
		bytes[i] = take8(in);
	wire_put_bytes(w, id, bytes, n);
}

static size_t make_message(struct input *in, uint8_t message[ROOM])
{
	uint8_t inner[ROOM / 2];
	struct wire_writer w = { inner, inner + sizeof(inner), false };
	struct wire_writer whole = { message, message + ROOM, false };
	unsigned kind = take_below(in, 24);

	for (unsigned n = take_below(in, 6); n; n--) {
		unsigned id = take_below(in, AESM_FIELDS + 1);

		/* buffers are asked for that are large enough */
		if (id == 4 && take8(in) & 1)
			wire_put_number(&w, id, 8192);
		else
			put_field(in, &w, id);
	}
	wire_put_bytes(&whole, kind, inner, (size_t)(w.at - inner));
	return (size_t)(whole.at - message);
}

static void check_quote(const uint8_t *bytes, size_t n)
{
	char why[QUOTE_WHY_SIZE];
	struct quote quote;

	must(quote_parse(&quote, bytes, n, why) == 0);
	must(!memcmp(&quote.body, &report, REPORT_MACED_SIZE));
	must(quote.nr_chain == 3);
	quote_free(&quote);
}

static void check_inner(uint64_t kind, const struct wire_field *answer)
{
	struct wire_reader r = { answer->bytes, answer->bytes + answer->n };
	struct wire_field f;
	uint64_t error = UINT64_MAX;
	int more;

	while ((more = wire_read(&r, &f)) > 0) {
		if (f.id == 1)
			error = f.number;
		else
			must(error == AESM_SUCCESS);
		if (kind == AESM_GET_QUOTE_EX && f.id == 2)
			check_quote(f.bytes, f.n);
	}
	must(more == 0);
	must(error <= 51);
}

static void check_answer(const uint8_t *answer, size_t n)
{
	struct wire_reader r = { answer, answer + n };
	struct wire_field f;

	must(n <= AESM_ANSWER_MAX);
	must(wire_read(&r, &f) == 1 && f.type == WIRE_BYTES);
	check_inner(f.id, &f);
	must(wire_read(&r, &f) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t answer[AESM_ANSWER_MAX], message[ROOM];
	struct input in = { data, size };
	size_t n;

	if (take8(&in) & 1)
		n = aesm_answer(&aesm, in.p, in.n, answer);
	else
		n = aesm_answer(&aesm, message, make_message(&in, message),
				answer);
	if (n)
		check_answer(answer, n);
	return 0;
}
