/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See attest/aesm/service.h.  linux-sgx psw/ae/aesm_service, bundles quote_ex
 * and ecdsa.
 */
#include "attest/aesm/service.h"

#include <string.h>

#include "attest/aesm/message.h"
#include "attest/aesm/wire.h"
#include "attest/pki/platform_keys.h"

#define KEY_ID_COMPARED 158 /* its first bytes say which key */
#define KEY_IDS_MAX     10
#define PUB_KEY_ID_SIZE 32
#define ALGORITHM_P256  2

/* What answers say beside their error. */
struct answer {
	struct wire_writer w;
	uint8_t *padded; /* AESM_PADDED_MAX bytes */
};

/*
 * The one key that there is.  Clients have this name of it built in: it names
 * Intel's quoting enclave, by MRSIGNER and ISVPRODID.
 */
static const uint8_t key_id[AESM_KEY_ID_SIZE] = {
	/* id, version, length of MRSIGNER */
	0,
	0,
	0,
	0,
	32,
	0,
	/* MRSIGNER, to offset 54 */
	0x8c,
	0x4f,
	0x57,
	0x75,
	0xd7,
	0x96,
	0x50,
	0x3e,
	0x96,
	0x13,
	0x7f,
	0x77,
	0xc6,
	0x8a,
	0x82,
	0x9a,
	0x00,
	0x56,
	0xac,
	0x8d,
	0xed,
	0x70,
	0x14,
	0x0b,
	0x08,
	0x1b,
	0x09,
	0x44,
	0x90,
	0xc5,
	0x7b,
	0xff,
	[54] = 1, /* ISVPRODID */
	[154] = ALGORITHM_P256,
};

static bool is_our_key(const uint8_t *id)
{
	return !memcmp(id, key_id, KEY_ID_COMPARED);
}

/* An id that a request has, or has not: then it means the only one. */
static enum aesm_error check_key_id(const struct aesm_field *id)
{
	if (!id->there || !id->n)
		return AESM_SUCCESS;
	if (id->n != AESM_KEY_ID_SIZE)
		return AESM_PARAMETER_ERROR;
	return is_our_key(id->bytes) ? AESM_SUCCESS :
				       AESM_UNSUPPORTED_ATT_KEY_ID;
}

static enum aesm_error prepare(struct aesm *aesm, const struct aesm_field *id)
{
	enum aesm_error error = check_key_id(id);

	if (error)
		return error;
	return quoter_prepare(&aesm->quoter) ? AESM_NO_PLATFORM_CERT_DATA :
					       AESM_SUCCESS;
}

/* The answer's error comes first, and only success is followed by more. */
static void put_error(struct answer *to, enum aesm_error error)
{
	wire_put_number(&to->w, 1, error);
}

static void init_quote_ex(struct aesm *aesm, const struct aesm_request *request,
			  struct answer *to)
{
	bool wants_id = request->field[3].number;
	enum aesm_error error = prepare(aesm, &request->field[1]);
	uint8_t id[PUB_KEY_ID_SIZE];
	struct sgx_targetinfo target;

	if (!error && wants_id && request->field[4].number < PUB_KEY_ID_SIZE)
		error = AESM_PARAMETER_ERROR;
	if (!error && quoter_key_id(&aesm->quoter, id))
		error = AESM_UNEXPECTED_ERROR;
	put_error(to, error);
	if (error)
		return;
	qe_targetinfo(&target);
	wire_put_bytes(&to->w, 2, &target, sizeof(target));
	wire_put_number(&to->w, 3, PUB_KEY_ID_SIZE);
	if (wants_id)
		wire_put_bytes(&to->w, 4, id, sizeof(id));
}

static void get_quote_size_ex(struct aesm *aesm,
			      const struct aesm_request *request,
			      struct answer *to)
{
	enum aesm_error error = prepare(aesm, &request->field[1]);

	put_error(to, error);
	if (!error)
		wire_put_number(&to->w, 2, quoter_size(&aesm->quoter));
}

/* Sizes only: what the request has is a report, and its buffer is enough. */
static enum aesm_error check_get_quote(struct aesm *aesm,
				       const struct aesm_request *request)
{
	const struct aesm_field *f = request->field;
	enum aesm_error error = prepare(aesm, &f[2]);

	if (error)
		return error;
	if (f[1].n != sizeof(struct sgx_report) ||
	    (f[3].there && f[3].n && f[3].n != sizeof(struct qe_report_info)) ||
	    f[4].number < quoter_size(&aesm->quoter))
		return AESM_PARAMETER_ERROR;
	return AESM_SUCCESS;
}

/* The run is told once that quotes are made, and what they are worth. */
static void warn(struct aesm *aesm)
{
	const struct quoter *q = &aesm->quoter;

	if (aesm->quoted)
		return;
	aesm->quoted = true;
	q->complain("a program gets a quote under a test root, which is for "
		    "development and testing only and proves nothing (%s%s)",
		    q->directory ? q->directory : "kept by nobody",
		    q->directory ? "/root.pem" : "");
}

static enum aesm_error of_quote_error(enum quote_error error)
{
	switch (error) {
	case QUOTE_DONE:
		return AESM_SUCCESS;
	case QUOTE_BAD_REPORT:
		return AESM_INVALID_REPORT;
	case QUOTE_NO_KEYS:
		return AESM_NO_PLATFORM_CERT_DATA;
	default:
		return AESM_PARAMETER_ERROR;
	}
}

static void get_quote_ex(struct aesm *aesm, const struct aesm_request *request,
			 struct answer *to)
{
	const struct aesm_field *f = request->field;
	enum aesm_error error = check_get_quote(aesm, request);
	size_t size = error ? 0 : quoter_size(&aesm->quoter);
	struct qe_report_info info;
	struct sgx_report report;
	bool has_info = f[3].there && f[3].n;

	if (!error) {
		memcpy(&report, f[1].bytes, sizeof(report));
		if (has_info)
			memcpy(&info, f[3].bytes, sizeof(info));
		memset(to->padded, 0, AESM_PADDED_MAX);
		error = of_quote_error(quoter_quote(&aesm->quoter, &report,
						    has_info ? &info : NULL,
						    to->padded,
						    AESM_PADDED_MAX));
	}
	put_error(to, error);
	if (error)
		return;
	warn(aesm);
	if (aesm->cut)
		wire_put_bytes(&to->w, 2, to->padded, size / 2);
	else
		wire_put_bytes(&to->w, 2, to->padded,
			       f[4].number <= AESM_PADDED_MAX ? f[4].number :
								size);
	aesm->cut = false;
	if (has_info)
		wire_put_bytes(&to->w, 3, &info, sizeof(info));
}

/* u16 id, u16 version, u32 count, and so many ids. */
static enum aesm_error select_from(const uint8_t *list, size_t n)
{
	uint32_t head[2];

	if (n < sizeof(head))
		return AESM_PARAMETER_ERROR;
	memcpy(head, list, sizeof(head));
	if (head[0] || !head[1] || head[1] > KEY_IDS_MAX ||
	    n != sizeof(head) + (size_t)head[1] * AESM_KEY_ID_SIZE)
		return AESM_PARAMETER_ERROR;
	for (uint32_t i = 0; i < head[1]; i++)
		if (is_our_key(list + sizeof(head) +
			       (size_t)i * AESM_KEY_ID_SIZE))
			return AESM_SUCCESS;
	return AESM_UNSUPPORTED_ATT_KEY_ID;
}

static void select_att_key_id(const struct aesm_request *request,
			      struct answer *to)
{
	const struct aesm_field *list = &request->field[1];
	enum aesm_error error = AESM_SUCCESS;

	if (list->there && list->n)
		error = select_from(list->bytes, list->n);
	put_error(to, error);
	if (!error)
		wire_put_bytes(&to->w, 2, key_id, sizeof(key_id));
}

static void get_supported_ids(const struct aesm_request *request,
			      struct answer *to)
{
	if (request->field[1].number < sizeof(key_id)) {
		put_error(to, AESM_PARAMETER_ERROR);
		return;
	}
	put_error(to, AESM_SUCCESS);
	wire_put_bytes(&to->w, 2, key_id, sizeof(key_id));
}

static void fill(struct aesm *aesm, const struct aesm_request *request,
		 struct answer *to)
{
	switch (request->kind) {
	case AESM_INIT_QUOTE_EX:
		init_quote_ex(aesm, request, to);
		break;
	case AESM_GET_QUOTE_SIZE_EX:
		get_quote_size_ex(aesm, request, to);
		break;
	case AESM_GET_QUOTE_EX:
		get_quote_ex(aesm, request, to);
		break;
	case AESM_SELECT_ATT_KEY_ID:
		select_att_key_id(request, to);
		break;
	case AESM_GET_SUPPORTED_ATT_KEY_ID_NUM:
		put_error(to, AESM_SUCCESS);
		wire_put_number(&to->w, 2, 1);
		break;
	case AESM_GET_SUPPORTED_ATT_KEY_IDS:
		get_supported_ids(request, to);
		break;
	default: /* EPID and launch tokens: there is no such service here */
		put_error(to, AESM_SERVICE_UNAVAILABLE);
	}
}

size_t aesm_answer(struct aesm *aesm, const uint8_t *message, size_t n,
		   uint8_t answer[AESM_ANSWER_MAX])
{
	static uint8_t inner[AESM_ANSWER_MAX], padded[AESM_PADDED_MAX];
	struct answer to = { .w = { inner, inner + sizeof(inner), false },
			     .padded = padded };
	struct wire_writer whole = { answer, answer + AESM_ANSWER_MAX, false };
	struct aesm_request request;

	if (aesm_parse(message, n, &request))
		return 0;
	if (aesm->fault)
		put_error(&to, aesm->fault);
	else
		fill(aesm, &request, &to);
	aesm->fault = AESM_SUCCESS;
	wire_put_bytes(&whole, request.kind, inner, (size_t)(to.w.at - inner));
	return to.w.full || whole.full ? 0 : (size_t)(whole.at - answer);
}
