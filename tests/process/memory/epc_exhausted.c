/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A platform with a small EPC (the argument: its size in KiB).  An enclave much
 * larger than the EPC is built and used: its pages are written out and loaded
 * back.  What cannot be written out, the SECS of enclaves that are not yet
 * initialised, fills the EPC until CREATE fails with ENOMEM; and all of it
 * comes back when they are gone.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define RANGE      (16ull << 20)
#define HEAP       (8ull << 20) /* at HEAP in ELRANGE, HEAP long */
#define HEAP_FLAGS (SECINFO_REG | SECINFO_R | SECINFO_W)

static struct parts parts;

static uint64_t pattern(uint64_t at)
{
	return at * 0x9e3779b97f4a7c15ull;
}

/* A heap of HEAP bytes behind the image: EADDed, not measured. */
static void measure_heap(struct enclave_measure *m)
{
	for (uint64_t at = HEAP; at < 2 * HEAP; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, at, HEAP_FLAGS);
}

static void add_heap(struct enclave *e)
{
	uint64_t *heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (uint64_t i = 0; i < HEAP / 8; i++)
		heap[i] = pattern(i);
	if (enclave_add_pages(e, HEAP, heap, HEAP, HEAP_FLAGS, false, NULL))
		check_fatal("add: %s", enclave_error());
	munmap(heap, HEAP);
}

static void build_large(struct enclave *e)
{
	struct secs secs;

	parts_sign_more(&parts, RANGE, measure_heap);
	*e = (struct enclave)ENCLAVE_NONE;
	if (enclave_open(e) || enclave_reserve(e, RANGE))
		check_fatal("reserve: %s", enclave_error());
	enclave_secs_fill(&secs, e, &parts.image, &parts.sig);
	if (enclave_create(e, &secs))
		check_fatal("create: %s", enclave_error());
	for (unsigned s = 0; s < parts.image.nr_segments; s++)
		if (enclave_add_segment(e, &parts.image, s))
			check_fatal("add: %s", enclave_error());
	add_heap(e);
	if (enclave_init(e, &parts.sig) || enclave_map(e, &parts.image))
		check_fatal("init: %s", enclave_error());
}

/* Twice over the heap, from inside: every page goes out and comes back. */
static void use_large(struct enclave *e)
{
	void *heap = mmap((void *)(e->base + HEAP), HEAP,
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, e->fd,
			  0);

	CHECK(heap != MAP_FAILED);
	for (int round = 0; round < 2; round++)
		for (uint64_t at = 0; at < HEAP; at += ENCLAVE_PAGE) {
			struct request r = { .op = OP_READ,
					     .addr = e->base + HEAP + at };

			CHECK(victim_call(e, 0, BY_VDSO, &r));
			CHECK_EQ(r.value & 0xff, pattern(at / 8) & 0xff);
		}
}

int main(int argc, char **argv)
{
	uint64_t size = argc > 1 ? strtoull(argv[1], NULL, 10) << 10 : 0;
	struct enclave large;
	unsigned first;

	check_timeout(45);
	if (!size)
		check_skip("needs the size of the EPC in KiB");
	parts_prepare(&parts, NULL, NULL);
	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages(), sgx_alloc_epc_page()",
		  "an enclave larger than it",
		  "works; pages come back as they were");
	check_section("an enclave larger than the EPC");
	build_large(&large);
	use_large(&large);
	enclave_destroy(&large);
	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages(), sgx_alloc_epc_page()",
		  "full of what cannot be written out", "CREATE: ENOMEM");
	check_section("an EPC full of what cannot be written out");
	first = parts_create_until_full(&parts);
	/* a SECS each, and perhaps a version array */
	CHECK(first >= size / ENCLAVE_PAGE / 3);
	CHECK(first <= size / ENCLAVE_PAGE);
	CHECK_ROW("EPC", "sgx/encl.c sgx_encl_release()",
		  "the enclaves are gone", "all of it is free");
	check_section("all of it came back");
	CHECK_EQ(parts_create_until_full(&parts), first);
	check_all_rows();
	return check_result();
}
