/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AESM's messages: which there are, and which fields a request has.  linux-sgx
 * psw/ae/aesm_service, core/ipc/messages.proto (proto2)
 */
#ifndef SWSGX_ATTEST_AESM_MESSAGE_H
#define SWSGX_ATTEST_AESM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The field of the wrapper that a request, and its answer, is. */
enum aesm_kind {
	AESM_INIT_QUOTE = 1,
	AESM_GET_QUOTE = 2,
	AESM_GET_LICENCE_TOKEN = 3,
	AESM_REPORT_ERROR = 4,
	AESM_GET_WHITE_LIST_SIZE = 10,
	AESM_GET_WHITE_LIST = 11,
	AESM_GET_EXTENDED_EPID_GROUP = 12,
	AESM_SWITCH_EXTENDED_EPID_GROUP = 13,
	AESM_REGISTER = 14,
	AESM_INIT_QUOTE_EX = 15,
	AESM_GET_QUOTE_SIZE_EX = 16,
	AESM_GET_QUOTE_EX = 17,
	AESM_CHECK_UPDATE_STATUS = 18,
	AESM_SELECT_ATT_KEY_ID = 19,
	AESM_GET_SUPPORTED_ATT_KEY_ID_NUM = 21,
	AESM_GET_SUPPORTED_ATT_KEY_IDS = 22,
};

/* linux-sgx psw/ae/inc/internal/aesm_error.h */
enum aesm_error {
	AESM_SUCCESS = 0,
	AESM_UNEXPECTED_ERROR = 1,
	AESM_PARAMETER_ERROR = 3,
	AESM_BUSY = 18,
	AESM_SERVICE_UNAVAILABLE = 30,
	AESM_UNSUPPORTED_ATT_KEY_ID = 38,
	AESM_ATT_KEY_NOT_INITIALIZED = 42,
	AESM_NO_PLATFORM_CERT_DATA = 44,
	AESM_INVALID_REPORT = 47,
};

#define AESM_FIELDS 10

struct aesm_field {
	bool there;
	uint64_t number;
	const uint8_t *bytes; /* in the message */
	size_t n;
};

struct aesm_request {
	enum aesm_kind kind;
	struct aesm_field field[AESM_FIELDS]; /* by its number */
};

/* 0; or -1: it is no request that AESM knows, or lacks a field. */
int aesm_parse(const uint8_t *message, size_t n, struct aesm_request *request);

#endif
