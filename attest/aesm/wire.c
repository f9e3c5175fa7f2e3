/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/aesm/wire.h. */
#include "attest/aesm/wire.h"

#include <string.h>

#define VARINT_MAX 10 /* bytes */
#define TYPE_BITS  3

static int read_varint(struct wire_reader *r, uint64_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < VARINT_MAX && r->at < r->end; i++) {
		uint8_t byte = *r->at++;

		*value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return 0;
	}
	return -1;
}

static int read_bytes(struct wire_reader *r, struct wire_field *field,
		      uint64_t n)
{
	if (n > (uint64_t)(r->end - r->at))
		return -1;
	field->bytes = r->at;
	field->n = (size_t)n;
	r->at += n;
	return 1;
}

int wire_read(struct wire_reader *r, struct wire_field *field)
{
	uint64_t tag, n;

	if (r->at == r->end)
		return 0;
	if (read_varint(r, &tag))
		return -1;
	*field = (struct wire_field){ .id = tag >> TYPE_BITS,
				      .type = tag & ((1 << TYPE_BITS) - 1) };
	switch (field->type) {
	case WIRE_NUMBER:
		return read_varint(r, &field->number) ? -1 : 1;
	case WIRE_BYTES:
		return read_varint(r, &n) ? -1 : read_bytes(r, field, n);
	case WIRE_FIXED32:
		return read_bytes(r, field, 4);
	case WIRE_FIXED64:
		return read_bytes(r, field, 8);
	default: /* groups, which nobody makes any more */
		return -1;
	}
}

static size_t varint_size(uint64_t value)
{
	size_t n = 1;

	while (value >>= 7)
		n++;
	return n;
}

static void put_varint(struct wire_writer *w, uint64_t value)
{
	if (w->full || varint_size(value) > (size_t)(w->end - w->at)) {
		w->full = true;
		return;
	}
	for (; value >= 0x80; value >>= 7)
		*w->at++ = (uint8_t)(value | 0x80);
	*w->at++ = (uint8_t)value;
}

void wire_put_number(struct wire_writer *w, unsigned id, uint64_t number)
{
	put_varint(w, (uint64_t)id << TYPE_BITS | WIRE_NUMBER);
	put_varint(w, number);
}

void wire_put_bytes(struct wire_writer *w, unsigned id, const void *bytes,
		    size_t n)
{
	put_varint(w, (uint64_t)id << TYPE_BITS | WIRE_BYTES);
	put_varint(w, n);
	if (w->full || n > (size_t)(w->end - w->at)) {
		w->full = true;
		return;
	}
	memcpy(w->at, bytes, n);
	w->at += n;
}
