/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building enclaves: ADD_PAGES against the hashing, or the copying, that it
 * cannot do without; and against itself at other sizes.  Seconds per page.
 */
#define _GNU_SOURCE
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/bench.h"

#define ENCLAVE (64 * MIB)
#define CHUNK   (16 * MIB) /* of source, used again and again */
#define KEPT    (256 * MIB)
#define RUNS    9
/* A page measured: EADD's block; 16 times EEXTEND's block and 256 bytes. */
#define MEASURED_BYTES (64 + 16 * (64 + 256))

static uint8_t *source;

static void create(struct enclave *e, uint64_t size)
{
	struct secs secs = {
		.size = size,
		.ssaframesize = 1,
		.attributes = ATTRIBUTE_MODE64BIT,
		.xfrm = XFRM_LEGACY,
	};

	*e = (struct enclave)ENCLAVE_NONE;
	if (enclave_open(e) || enclave_reserve(e, size))
		bench_skip(enclave_error());
	secs.base = e->base;
	if (enclave_create(e, &secs))
		bench_skip(enclave_error());
}

static double build(uint64_t size, bool measure)
{
	double start, end;
	struct enclave e;

	create(&e, size);
	start = bench_cpu();
	for (uint64_t at = 0; at < size; at += CHUNK) {
		uint64_t n = size < CHUNK ? size : CHUNK;

		if (enclave_add_pages(&e, at, source, n,
				      SECINFO_REG | SECINFO_R | SECINFO_W,
				      measure, NULL))
			bench_skip(enclave_error());
	}
	end = bench_cpu();
	/* The next open() has to take the old pages back, unmeasured. */
	enclave_destroy(&e);
	return (end - start) / ((double)size / ENCLAVE_PAGE);
}

static double hash(uint64_t size)
{
	uint64_t pages = size / ENCLAVE_PAGE;
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;
	double start = bench_cpu();

	sha256_init(&ctx);
	for (uint64_t i = 0; i < pages; i++)
		sha256_update(&ctx, MEASURED_BYTES,
			      source + i * ENCLAVE_PAGE % (CHUNK / 2));
	sha256_digest(&ctx, sizeof(digest), digest);
	return (bench_cpu() - start) / (double)pages;
}

/* Into memory that nobody has touched yet, as the enclave's pages are. */
static double copy(uint64_t size)
{
	uint8_t *to = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double start, end;

	if (to == MAP_FAILED)
		bench_fail("no memory");
	madvise(to, size, MADV_NOHUGEPAGE);
	start = bench_cpu();
	for (uint64_t at = 0; at < size; at += CHUNK)
		memcpy(to + at, source, CHUNK);
	end = bench_cpu();
	munmap(to, size);
	return (end - start) / ((double)size / ENCLAVE_PAGE);
}

static void measure_build(void)
{
	double measured[RUNS], unmeasured[RUNS], hashed[RUNS], copied[RUNS];

	for (unsigned i = 0; i < RUNS; i++) {
		measured[i] = build(ENCLAVE, true);
		hashed[i] = hash(ENCLAVE);
		unmeasured[i] = build(ENCLAVE, false);
		copied[i] = copy(ENCLAVE);
	}
	bench_print("build-measured", bench_median(measured, RUNS));
	bench_print("build-sha256", bench_median(hashed, RUNS));
	bench_print("build-unmeasured", bench_median(unmeasured, RUNS));
	bench_print("build-memcpy", bench_median(copied, RUNS));
}

/*
 * EPC memory that the host has given already is kept for the next enclave, so
 * far as EPC_KEPT goes.  An enclave that takes that place, and uses none of it,
 * has all others get theirs from the host, small and large.
 */
static void measure_scaling(void)
{
	struct enclave first;
	double times[RUNS];
	char name[32];

	create(&first, KEPT);
	for (uint64_t mib = 1; mib <= 1024; mib *= 4) {
		unsigned runs = mib < 256 ? RUNS : 3;

		for (unsigned i = 0; i < runs; i++)
			times[i] = build(mib * MIB, true);
		snprintf(name, sizeof(name), "build-%luMiB", mib);
		bench_print(name, bench_median(times, runs));
	}
	enclave_destroy(&first);
}

int main(void)
{
	source = bench_memory(CHUNK);
	bench_print("build-first", build(ENCLAVE, true));
	measure_build();
	measure_scaling();
	return 0;
}
