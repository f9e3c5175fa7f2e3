/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave four times as large as the EPC, used by several threads of several
 * processes at once, each of which makes room for the others' pages.  Every
 * user has a byte of its own in each page of the heap, and finds in it what it
 * wrote last.  A thread that never leaves the enclave is among them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define RANGE      (16ull << 20)
#define HEAP       (4ull << 20) /* at HEAP in ELRANGE, HEAP long */
#define PAGES      (HEAP / ENCLAVE_PAGE)
#define HEAP_FLAGS (SECINFO_REG | SECINFO_R | SECINFO_W)
#define PROCESSES  2u
#define THREADS    3u                    /* of each process */
#define SPINNER    (PROCESSES * THREADS) /* TCS of who stays inside */
#define STEPS      1500u

static struct parts parts;
static struct enclave enclave = ENCLAVE_NONE;

static void sign_with_heap(struct sigstruct *sig)
{
	struct enclave_measure *m =
		enclave_measure_ecreate(parts.image.ssaframesize, RANGE);
	uint8_t mrenclave[32];

	for (unsigned s = 0; s < parts.image.nr_segments; s++) {
		const struct enclave_segment *seg = &parts.image.segments[s];

		for (uint64_t at = seg->offset; at < seg->offset + seg->length;
		     at += ENCLAVE_PAGE)
			enclave_measure_page(m, at, seg->flags,
					     parts.image.memory + at);
	}
	for (uint64_t at = HEAP; at < 2 * HEAP; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, at, HEAP_FLAGS);
	enclave_measure_end(m, mrenclave);
	enclave_sigstruct_fill(sig, NULL, mrenclave);
	if (enclave_sigstruct_sign(sig, victim_key()))
		check_fatal("sign: %s", enclave_error());
}

static void add_heap(struct enclave *e)
{
	void *zeros = mmap(NULL, HEAP, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (enclave_add_pages(e, HEAP, zeros, HEAP, HEAP_FLAGS, false, NULL))
		check_fatal("add: %s", enclave_error());
	munmap(zeros, HEAP);
}

static void build(struct enclave *e)
{
	struct sigstruct sig;
	struct secs secs;

	parts_prepare(&parts, NULL, NULL);
	parts.image.size = RANGE;
	sign_with_heap(&sig);
	if (enclave_open(e) || enclave_reserve(e, RANGE))
		check_fatal("reserve: %s", enclave_error());
	enclave_secs_fill(&secs, e, &parts.image, &sig);
	if (enclave_create(e, &secs))
		check_fatal("create: %s", enclave_error());
	for (unsigned s = 0; s < parts.image.nr_segments; s++)
		if (enclave_add_segment(e, &parts.image, s))
			check_fatal("add: %s", enclave_error());
	add_heap(e);
	if (enclave_init(e, &sig) || enclave_map(e, &parts.image))
		check_fatal("init: %s", enclave_error());
	if (mmap((void *)(e->base + HEAP), HEAP, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, e->fd, 0) == MAP_FAILED)
		check_fatal("mmap of the heap");
}

static void call(unsigned tcs, struct request *r)
{
	struct enclave_exit exit = victim_enter(&enclave, tcs, r);

	if (!CHECK_EQ(exit.function, ENCLU_EEXIT))
		fprintf(stderr, "vector %u, error code %#x, address %#llx\n",
			exit.vector, exit.error_code,
			(unsigned long long)exit.addr);
}

static uint8_t read_byte(unsigned tcs, uint64_t addr)
{
	struct request r = { .op = OP_READ, .addr = addr };

	call(tcs, &r);
	return r.value & 0xff;
}

static void write_byte(unsigned tcs, uint64_t addr, uint8_t value)
{
	struct request r = { .op = OP_WRITE, .addr = addr, .value = value };

	call(tcs, &r);
}

static void *user(void *arg)
{
	unsigned tcs = (unsigned)(uintptr_t)arg;
	uint8_t want[PAGES] = { 0 };
	uint32_t random = tcs + 1;

	for (unsigned n = 0; n < STEPS; n++) {
		unsigned page;
		uint64_t addr;

		random = random * 1664525 + 1013904223;
		page = (random >> 8) % PAGES;
		addr = enclave.base + HEAP + page * ENCLAVE_PAGE + 64 * tcs;
		CHECK_EQ(read_byte(tcs, addr), want[page]);
		want[page] = (uint8_t)(random >> 24);
		write_byte(tcs, addr, want[page]);
	}
	return NULL;
}

static struct request spin = { .op = OP_SPIN };

static void *stay_inside(void *arg)
{
	(void)arg;
	CHECK(victim_call(&enclave, SPINNER, BY_VDSO, &spin));
	return NULL;
}

/* One process's threads; `first`: its first TCS. */
static void use(unsigned first)
{
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, user,
					(void *)(uintptr_t)(first + i)),
			 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void child(void)
{
	use(THREADS);
}

static void threads_of_one_process(void)
{
	pthread_t spinner;

	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages(), sgx_alloc_epc_page()",
		  "too small for threads that are inside at once",
		  "all find what they wrote");
	check_section("threads of one process, one of them always inside");
	CHECK_EQ(pthread_create(&spinner, NULL, stay_inside, NULL), 0);
	while (!spin.started)
		sched_yield();
	use(0);
	spin.flag = 1;
	pthread_join(spinner, NULL);
}

static void *parent(void *arg)
{
	(void)arg;
	CHECK(check_exited_well(check_in_child(child, 100)));
	return NULL;
}

static void processes(void)
{
	pthread_t other, mine;

	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages(), sgx_alloc_epc_page()",
		  "too small for an enclave that processes share",
		  "all find what they wrote");
	check_section("two processes");
	CHECK_EQ(pthread_create(&other, NULL, parent, NULL), 0);
	CHECK_EQ(pthread_create(&mine, NULL, user,
				(void *)(uintptr_t)(SPINNER + 1)),
		 0);
	pthread_join(mine, NULL);
	pthread_join(other, NULL);
}

int main(void)
{
	check_timeout(110);
	build(&enclave);
	threads_of_one_process();
	processes();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
