/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load_sgxs STREAM.sgxs SIGSTRUCT [enter]: build what the stream says on the
 * device, and have EINIT compare it with the SIGSTRUCT.  The stream comes from
 * another tool; that EINIT accepts says that the measurement is the same.  With
 * `enter`, enter it once, RDI being 0 and RSI the address of a word outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "examples/lib/enclave.h"
#include "examples/lib/file.h"

#define RECORD 64
#define CHUNK  256

#define MAPPED_MAX 1024

struct page {
	uint64_t offset, flags;
	uint8_t *content;  /* page aligned */
	unsigned measured; /* chunks */
};

static struct page mapped[MAPPED_MAX];
static unsigned nr_mapped;

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
	if (nr_mapped == MAPPED_MAX)
		fail("more pages than this program knows to map");
	mapped[nr_mapped++] = *page;
	if (page->flags == SECINFO_TCS)
		e->tcs[e->nr_tcs++ % ENCLAVE_MAX_TCS] = e->base + page->offset;
}

/* SECINFO's R, W, X are PROT_READ, PROT_WRITE, PROT_EXEC; a TCS needs RW. */
static void map_all(const struct enclave *e)
{
	for (unsigned i = 0; i < nr_mapped; i++) {
		int prot = mapped[i].flags == SECINFO_TCS ?
				   PROT_READ | PROT_WRITE :
				   mapped[i].flags & 7;

		if (mmap((void *)(uintptr_t)(e->base + mapped[i].offset),
			 ENCLAVE_PAGE, prot, MAP_SHARED | MAP_FIXED, e->fd,
			 0) == MAP_FAILED)
			fail("mmap");
	}
}

static void enter(const struct enclave *e)
{
	uint32_t word = 0;
	struct enclave_regs regs = { .rsi = (uint64_t)(uintptr_t)&word };
	struct sgx_enclave_run run = { .tcs = e->tcs[0] };
	int ret = enclave_vdso_enter(&run, ENCLU_EENTER, &regs);

	printf("entered: %d, function %u, vector %u, RDI %ld, word %u\n", ret,
	       run.function, run.exception_vector, (long)regs.rdi, word);
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

	if (argc < 3)
		fail("usage: load_sgxs STREAM.sgxs SIGSTRUCT [enter]");
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
	if (argc > 3) {
		map_all(&e);
		enter(&e);
	}
	enclave_destroy(&e);
	free(stream);
	return 0;
}
