/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of AESM, written from its protocol: linux-sgx psw/ae/aesm_service,
 * core/ipc/messages.proto.  It shares nothing with swsgx's own decoder.
 */
#ifndef SWSGX_TESTS_PROCESS_ATTEST_AESM_CLIENT_H
#define SWSGX_TESTS_PROCESS_ATTEST_AESM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AESM_PATH     "/var/run/aesmd/aesm.socket"
#define AESM_ABSTRACT "\0sgx_aesm_socket_base"
#define MESSAGE_MAX   70000

/* The wrapper's fields. */
enum {
	INIT_QUOTE = 1,
	GET_LIC_TOKEN = 3,
	GET_WHITE_LIST_SIZE = 10,
	INIT_QUOTE_EX = 15,
	GET_QUOTE_SIZE_EX = 16,
	GET_QUOTE_EX = 17,
	SELECT_ATT_KEY_ID = 19,
	GET_SUPPORTED_NUM = 21,
	GET_SUPPORTED_IDS = 22,
};

/* A message under construction, and then its answer. */
struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t n;
};

void put_number(struct message *m, unsigned id, uint64_t value);
void put_bytes(struct message *m, unsigned id, const void *bytes, size_t n);
/* The message becomes the one field of a wrapper. */
void wrap(struct message *m, unsigned kind);

/*
 * A connected socket, or -1 with errno.  The name has n bytes, and NULs behind
 * it up to `size`.
 */
int aesm_connect(const char *name, size_t n, size_t size);
bool send_message(int fd, const struct message *m);
/* False: closed without an answer, or by half. */
bool receive_message(int fd, struct message *m);

/*
 * Request and answer on a connection of its own.  m: the fields of the request,
 * then those of the answer.  The answer's error; -1: there was no answer.
 */
int aesm_ask(unsigned kind, struct message *m);

/* A field of the answer; false: it has none. */
bool get_number(const struct message *m, unsigned id, uint64_t *value);
bool get_bytes(const struct message *m, unsigned id, const uint8_t **bytes,
	       size_t *n);

#endif
