/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of protobuf's encoding that AESM's messages use: fields that are
 * numbers (varints) or bytes.  protobuf.dev, "Encoding"
 */
#ifndef SWSGX_ATTEST_AESM_WIRE_H
#define SWSGX_ATTEST_AESM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type {
	WIRE_NUMBER = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5,
};

struct wire_field {
	uint64_t id;
	enum wire_type type;
	uint64_t number;      /* WIRE_NUMBER */
	const uint8_t *bytes; /* of the others, in the message */
	size_t n;
};

struct wire_reader {
	const uint8_t *at, *end;
};

/* The next field: 1; 0 at the end; -1 if it is not protobuf. */
int wire_read(struct wire_reader *r, struct wire_field *field);

struct wire_writer {
	uint8_t *at, *end;
	bool full; /* something had no room, and nothing follows it */
};

void wire_put_number(struct wire_writer *w, unsigned id, uint64_t number);
void wire_put_bytes(struct wire_writer *w, unsigned id, const void *bytes,
		    size_t n);

#endif
