/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load_sgxs STREAM.sgxs SIGSTRUCT: build what the stream says on the device,
 * and have EINIT compare it with the SIGSTRUCT.  The stream comes from another
 * tool; that EINIT accepts says that the measurement is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/lib/enclave.h"
#include "examples/lib/file.h"

#define RECORD	64
#define CHUNK	256

struct page {
	uint64_t offset, flags;
	uint8_t *content;	/* page aligned */
	unsigned measured;	/* chunks */
};

static uint64_t number(const uint8_t *p, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | p[bytes];
	return value;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "load_sgxs: %s\n", what);
	exit(1);
}

static void add(struct enclave *e, const struct page *page)
{
	if (page->measured && page->measured != ENCLAVE_PAGE / CHUNK)
		fail("a page measured in part: Linux cannot do that");
	if (enclave_add_pages(e, page->offset, page->content, ENCLAVE_PAGE,
			      page->flags, page->measured, NULL))
		fail(enclave_error());
}

/* The chunk behind this record, into the page that it belongs to. */
static void take_chunk(struct page *page, const uint8_t *record)
{
	memcpy(page->content + number(record + 8, 8) % ENCLAVE_PAGE,
	       record + RECORD, CHUNK);
	page->measured += record[0] == 'E';
}

static void add_all(struct enclave *e, const uint8_t *at, const uint8_t *end)
{
	static uint8_t content[ENCLAVE_PAGE]
		__attribute__((aligned(ENCLAVE_PAGE)));
	struct page page = { .content = content };
	bool any = false;

	for (; end - at >= RECORD; at += RECORD) {
		if (!memcmp(at, "EADD", 5)) {
			if (any)
				add(e, &page);
			any = true;
			page.offset = number(at + 8, 8);
			page.flags = number(at + 16, 8);
			page.measured = 0;
			memset(content, 0, sizeof(content));
		} else if (end - at >= RECORD + CHUNK) {
			take_chunk(&page, at);
			at += CHUNK;
		}
	}
	if (any)
		add(e, &page);
}

int main(int argc, char **argv)
{
	struct enclave_image image = { 0 };
	struct enclave e = ENCLAVE_NONE;
	struct sigstruct sig;
	struct secs secs;
	uint8_t *stream;
	size_t length;

	if (argc != 3)
		fail("usage: load_sgxs STREAM.sgxs SIGSTRUCT");
	stream = file_read(argv[1], &length);
	if (!stream || enclave_sigstruct_load(&sig, argv[2]))
		fail(enclave_error());
	if (length < RECORD || memcmp(stream, "ECREATE", 8) != 0)
		fail("not an SGXS stream");
	image.ssaframesize = number(stream + 8, 4);
	image.size = number(stream + 12, 8);
	if (enclave_open(&e) || enclave_reserve(&e, image.size))
		fail(enclave_error());
	enclave_secs_fill(&secs, &e, &image, &sig);
	if (enclave_create(&e, &secs))
		fail(enclave_error());
	add_all(&e, stream + RECORD, stream + length);
	if (enclave_init(&e, &sig))
		fail(enclave_error());
	printf("EINIT accepts\n");
	enclave_destroy(&e);
	free(stream);
	return 0;
}
