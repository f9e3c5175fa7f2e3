/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MRENCLAVE: SHA-256 over one 64-byte record for each step of the building,
 * and, for each 256 bytes measured, the bytes themselves.
 *
 * Source: SDM "ECREATE", "EADD", "EEXTEND", "MRENCLAVE".
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "examples/lib/enclave.h"
#include "examples/lib/error.h"

#define CHUNK 256

struct enclave_measure {
	EVP_MD_CTX *ctx;
};

static void put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static void tag_record(uint8_t record[64], const char *tag)
{
	memset(record, 0, 64);
	memcpy(record, tag, strlen(tag));
}

struct enclave_measure *enclave_measure_ecreate(uint32_t ssaframesize,
						uint64_t size)
{
	struct enclave_measure *m = calloc(1, sizeof(*m));
	uint8_t record[64];

	if (!m)
		return NULL;
	m->ctx = EVP_MD_CTX_new();
	if (!m->ctx || !EVP_DigestInit_ex(m->ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(m->ctx);
		free(m);
		return NULL;
	}
	tag_record(record, "ECREATE");
	put_le(record + 8, ssaframesize, 4);
	put_le(record + 12, size, 8);
	EVP_DigestUpdate(m->ctx, record, sizeof(record));
	return m;
}

void enclave_measure_eadd(struct enclave_measure *m, uint64_t offset,
			  uint64_t secinfo_flags)
{
	uint8_t record[64];

	tag_record(record, "EADD");
	put_le(record + 8, offset, 8);
	put_le(record + 16, secinfo_flags, 8);
	EVP_DigestUpdate(m->ctx, record, sizeof(record));
}

void enclave_measure_eextend(struct enclave_measure *m, uint64_t offset,
			     const void *chunk)
{
	uint8_t record[64];

	tag_record(record, "EEXTEND");
	put_le(record + 8, offset, 8);
	EVP_DigestUpdate(m->ctx, record, sizeof(record));
	EVP_DigestUpdate(m->ctx, chunk, CHUNK);
}

void enclave_measure_page(struct enclave_measure *m, uint64_t offset,
			  uint64_t secinfo_flags, const void *page)
{
	unsigned at;

	enclave_measure_eadd(m, offset, secinfo_flags);
	for (at = 0; at < ENCLAVE_PAGE; at += CHUNK)
		enclave_measure_eextend(m, offset + at,
					(const uint8_t *)page + at);
}

void enclave_measure_end(struct enclave_measure *m, uint8_t mrenclave[32])
{
	EVP_DigestFinal_ex(m->ctx, mrenclave, NULL);
	EVP_MD_CTX_free(m->ctx);
	free(m);
}

int enclave_measure_image(const struct enclave_image *image,
			  uint8_t mrenclave[32])
{
	struct enclave_measure *m = enclave_measure_ecreate(image->ssaframesize,
							    image->size);
	unsigned i;
	uint64_t at;

	if (!m)
		return enclave_fail(ENOMEM, "measure: out of memory");
	for (i = 0; i < image->nr_segments; i++) {
		const struct enclave_segment *s = &image->segments[i];

		for (at = s->offset; at < s->offset + s->length;
		     at += ENCLAVE_PAGE)
			enclave_measure_page(m, at, s->flags,
					     image->memory + at);
	}
	enclave_measure_end(m, mrenclave);
	return 0;
}
