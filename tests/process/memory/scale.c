/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large numbers: `scale sparse`, an ELRANGE of 8 GiB of which little is used;
 * `scale many`, a thousand enclaves at once; `scale threads`, 64 threads inside
 * one enclave.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define GIB        (1ull << 30)
#define RANGE      (8 * GIB)
#define MANY       1000
#define THREADS    64
#define HEAP_FLAGS (SECINFO_REG | SECINFO_R | SECINFO_W)

static const uint64_t far_pages[] = { 1 * GIB, 4 * GIB - ENCLAVE_PAGE,
				      RANGE - ENCLAVE_PAGE };
#define NR_FAR (sizeof(far_pages) / sizeof(far_pages[0]))

/* The image's own pages, then the far ones, unmeasured: as they are added. */
static void sign_sparse(const struct enclave_image *image,
			struct sigstruct *sig)
{
	struct enclave_measure *m = enclave_measure_ecreate(image->ssaframesize,
							    RANGE);
	uint8_t mrenclave[32];

	for (unsigned s = 0; s < image->nr_segments; s++) {
		const struct enclave_segment *seg = &image->segments[s];

		for (uint64_t at = seg->offset; at < seg->offset + seg->length;
		     at += ENCLAVE_PAGE)
			enclave_measure_page(m, at, seg->flags,
					     image->memory + at);
	}
	for (unsigned i = 0; i < NR_FAR; i++)
		enclave_measure_eadd(m, far_pages[i], HEAP_FLAGS);
	enclave_measure_end(m, mrenclave);
	enclave_sigstruct_fill(sig, NULL, mrenclave);
	if (enclave_sigstruct_sign(sig, victim_key()))
		check_fatal("sign: %s", enclave_error());
}

static void build_sparse(struct enclave *e, struct enclave_image *image)
{
	static uint8_t page[ENCLAVE_PAGE] __attribute__((aligned(4096)));
	struct sigstruct sig;
	struct secs secs;

	image->size = RANGE;
	sign_sparse(image, &sig);
	if (enclave_open(e) || enclave_reserve(e, RANGE))
		check_fatal("reserve: %s", enclave_error());
	enclave_secs_fill(&secs, e, image, &sig);
	if (enclave_create(e, &secs))
		check_fatal("create: %s", enclave_error());
	for (unsigned s = 0; s < image->nr_segments; s++)
		if (enclave_add_segment(e, image, s))
			check_fatal("add: %s", enclave_error());
	for (unsigned i = 0; i < NR_FAR; i++) {
		memset(page, 'a' + (int)i, sizeof(page));
		if (enclave_add_pages(e, far_pages[i], page, ENCLAVE_PAGE,
				      HEAP_FLAGS, false, NULL))
			check_fatal("add far: %s", enclave_error());
	}
	if (enclave_init(e, &sig) || enclave_map(e, image))
		check_fatal("init: %s", enclave_error());
}

static void sparse(void)
{
	struct enclave e = ENCLAVE_NONE;
	struct enclave_image image;
	void *all;

	check_section("8 GiB of ELRANGE");
	if (enclave_image_load(&image, victim_enclave_path()))
		check_fatal("image: %s", enclave_error());
	build_sparse(&e, &image);
	/* one mapping over everything behind the image */
	all = mmap((void *)(e.base + GIB), RANGE - GIB, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, e.fd, 0);
	CHECK(all != MAP_FAILED);
	for (unsigned i = 0; i < NR_FAR; i++) {
		struct request r = { .op = OP_READ,
				     .addr = e.base + far_pages[i] + 17 };

		CHECK(victim_call(&e, 0, BY_VDSO, &r));
		CHECK_EQ(r.value, 'a' + i);
	}
	enclave_destroy(&e);
	enclave_image_free(&image);
}

static void many(void)
{
	static struct enclave e[MANY];

	check_section("a thousand enclaves");
	for (unsigned i = 0; i < MANY; i++) {
		struct request r = { .op = OP_STORE, .value = i };

		e[i] = (struct enclave)ENCLAVE_NONE;
		victim_build(&e[i]);
		/* its mappings keep it alive */
		close(e[i].fd);
		e[i].fd = -1;
		CHECK(victim_call(&e[i], 0, BY_VDSO, &r));
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct request r = { .op = OP_LOAD };

		CHECK(victim_call(&e[i], 1, BY_VDSO, &r));
		CHECK_EQ(r.value, i);
	}
}

static struct enclave shared = ENCLAVE_NONE;
static pthread_barrier_t barrier;
static struct request spins[THREADS];

static void *spin(void *argument)
{
	unsigned i = (unsigned)(uintptr_t)argument;

	spins[i].op = OP_SPIN;
	pthread_barrier_wait(&barrier);
	CHECK(victim_call(&shared, i, BY_VDSO, &spins[i]));
	return NULL;
}

static void threads(const char *enclave_file)
{
	pthread_t t[THREADS];

	check_section("64 threads in one enclave");
	if (enclave_load(&shared, enclave_file, victim_key(), NULL))
		check_fatal("enclave: %s", enclave_error());
	CHECK_EQ(shared.nr_tcs, THREADS);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, spin, (void *)i), 0);
	/* all are inside at the same time, then all may go */
	for (unsigned i = 0; i < THREADS; i++)
		while (!spins[i].started)
			usleep(1000);
	for (unsigned i = 0; i < THREADS; i++)
		spins[i].flag = 1;
	for (unsigned i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	enclave_destroy(&shared);
}

int main(int argc, char **argv)
{
	check_timeout(55);
	if (argc == 2 && !strcmp(argv[1], "sparse"))
		sparse();
	else if (argc == 2 && !strcmp(argv[1], "many"))
		many();
	else if (argc == 3 && !strcmp(argv[1], "threads"))
		threads(argv[2]);
	else
		check_fatal("usage: scale sparse | many | threads ENCLAVE");
	return check_result();
}
