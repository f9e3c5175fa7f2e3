/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/aesm/message.h. */
#include "attest/aesm/message.h"

#include <string.h>

#include "attest/aesm/wire.h"

/*
 * The fields 1 to 9 of each request: B bytes, V a number, in small letters if
 * it may be missing; - there is none.
 */
static const struct {
	enum aesm_kind kind;
	char fields[AESM_FIELDS];
} requests[] = {
	{ AESM_INIT_QUOTE, "--------v" },
	{ AESM_GET_QUOTE, "BVBbbVv-v" },
	{ AESM_GET_LICENCE_TOKEN, "BBB-----v" },
	{ AESM_REPORT_ERROR, "BVV-----v" },
	{ AESM_GET_WHITE_LIST_SIZE, "--------v" },
	{ AESM_GET_WHITE_LIST, "v-------v" },
	{ AESM_GET_EXTENDED_EPID_GROUP, "--------v" },
	{ AESM_SWITCH_EXTENDED_EPID_GROUP, "v-------v" },
	{ AESM_REGISTER, "BV------v" },
	{ AESM_INIT_QUOTE_EX, "b-Vv----v" },
	{ AESM_GET_QUOTE_SIZE_EX, "b-------v" },
	{ AESM_GET_QUOTE_EX, "BbbV----v" },
	{ AESM_CHECK_UPDATE_STATUS, "bVV-----v" },
	{ AESM_SELECT_ATT_KEY_ID, "bv-------" },
	{ AESM_GET_SUPPORTED_ATT_KEY_ID_NUM, "--------v" },
	{ AESM_GET_SUPPORTED_ATT_KEY_IDS, "V-------v" },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static const char *fields_of(uint64_t kind)
{
	for (size_t i = 0; i < REQUESTS; i++)
		if (requests[i].kind == kind)
			return requests[i].fields;
	return NULL;
}

/* A field of another type than the request has is as one that is unknown. */
static bool is_wanted(const char *fields, const struct wire_field *f)
{
	char shape;

	if (!f->id || f->id >= AESM_FIELDS)
		return false;
	shape = fields[f->id - 1];
	return f->type == WIRE_NUMBER ?
		       shape == 'v' || shape == 'V' :
		       f->type == WIRE_BYTES && (shape == 'b' || shape == 'B');
}

static bool has_required(const char *fields, const struct aesm_request *request)
{
	for (unsigned i = 1; i < AESM_FIELDS; i++) {
		bool required = fields[i - 1] == 'B' || fields[i - 1] == 'V';

		if (required && !request->field[i].there)
			return false;
	}
	return true;
}

static int parse_fields(const struct wire_field *message,
			struct aesm_request *request)
{
	const char *fields = fields_of(message->id);
	struct wire_reader r = { message->bytes, message->bytes + message->n };
	struct wire_field f;
	int more;

	memset(request, 0, sizeof(*request));
	request->kind = (enum aesm_kind)message->id;
	while ((more = wire_read(&r, &f)) > 0)
		if (is_wanted(fields, &f))
			request->field[f.id] = (struct aesm_field){
				true, f.number, f.bytes, f.n
			};
	return more || !has_required(fields, request) ? -1 : 0;
}

int aesm_parse(const uint8_t *message, size_t n, struct aesm_request *request)
{
	struct wire_reader r = { message, message + n };
	struct wire_field f;
	bool known = false;
	int more;

	while ((more = wire_read(&r, &f)) > 0) {
		if (f.type != WIRE_BYTES || !fields_of(f.id))
			continue;
		if (parse_fields(&f, request))
			return -1;
		known = true;
	}
	return !more && known ? 0 : -1;
}
