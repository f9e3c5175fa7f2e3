/* SPDX-License-Identifier: BSD-3-Clause */
/* An enclave with a heap, and with code behind it; see heap.h. */
#define _GNU_SOURCE
#include "tests/process/heap.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "lib/swsgx.h"
#include "tests/process/build_steps.h"
#include "tests/process/check.h"
#include "tests/process/victim.h"

#define RANGE		(32ull << 20)
#define HEAP		(16ull << 20)
#define CODE		(28ull << 20)
#define DATA_FLAGS	(SECINFO_REG | SECINFO_R | SECINFO_W)
#define CODE_FLAGS	(SECINFO_REG | SECINFO_R | SECINFO_X)
#define IDLE_SECONDS	20

static struct parts parts;
static unsigned nr_pages;
/* What the code writes to: one place, wherever the enclave is. */
static volatile uint32_t *mark;

static void measure_more(struct enclave_measure *m)
{
	uint64_t end = HEAP + nr_pages * ENCLAVE_PAGE;

	for (uint64_t at = HEAP; at < end; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, at, DATA_FLAGS);
	end = CODE + HEAP_CODE_PAGES * ENCLAVE_PAGE;
	for (uint64_t at = CODE; at < end; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, at, CODE_FLAGS);
}

void heap_prepare(unsigned pages)
{
	nr_pages = pages;
	mark = mmap(NULL, ENCLAVE_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mark == MAP_FAILED)
		check_fatal("mmap");
	parts_prepare(&parts, NULL, NULL);
	parts_sign_more(&parts, RANGE, measure_more);
}

/* Where in its page the code is. */
static unsigned code_offset(unsigned page)
{
	return page * 61 % 4000;
}

/* movabs $mark, %rax; movl $page + 1, (%rax); ret */
static void write_code(uint8_t *at, unsigned page)
{
	uint64_t where = (uint64_t)(uintptr_t)mark;
	uint32_t value = page + 1;

	memcpy(at, "\x48\xb8", 2);
	memcpy(at + 2, &where, 8);
	memcpy(at + 10, "\xc7\x00", 2);
	memcpy(at + 12, &value, 4);
	at[16] = 0xc3;
}

static bool add_more(struct enclave *e)
{
	uint64_t data = nr_pages * ENCLAVE_PAGE;
	uint64_t code = HEAP_CODE_PAGES * ENCLAVE_PAGE;
	uint8_t *source = mmap(NULL, data + code, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool done;

	if (source == MAP_FAILED)
		check_fatal("mmap");
	for (unsigned page = 0; page < HEAP_CODE_PAGES; page++)
		write_code(source + data + page * ENCLAVE_PAGE +
			   code_offset(page), page);
	done = !enclave_add_pages(e, HEAP, source, data, DATA_FLAGS, false,
				  NULL) &&
	       !enclave_add_pages(e, CODE, source + data, code, CODE_FLAGS,
				  false, NULL);
	munmap(source, data + code);
	return done;
}

static bool map_more(const struct enclave *e)
{
	return mmap((void *)(e->base + HEAP), nr_pages * ENCLAVE_PAGE,
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, e->fd,
		    0) != MAP_FAILED &&
	       mmap((void *)(e->base + CODE), HEAP_CODE_PAGES * ENCLAVE_PAGE,
		    PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, e->fd,
		    0) != MAP_FAILED;
}

static bool build_steps(struct enclave *e)
{
	struct secs secs;

	if (enclave_open(e) || enclave_reserve(e, RANGE))
		return false;
	enclave_secs_fill(&secs, e, &parts.image, &parts.sig);
	if (enclave_create(e, &secs))
		return false;
	for (unsigned s = 0; s < parts.image.nr_segments; s++)
		if (enclave_add_segment(e, &parts.image, s))
			return false;
	return add_more(e) && !enclave_init(e, &parts.sig) &&
	       !enclave_map(e, &parts.image) && map_more(e);
}

bool heap_try_build(struct enclave *e)
{
	*e = (struct enclave)ENCLAVE_NONE;
	if (build_steps(e))
		return true;
	enclave_destroy(e);
	return false;
}

void heap_build(struct enclave *e)
{
	if (!heap_try_build(e))
		check_fatal("enclave: %s", enclave_error());
}

uint64_t heap_address(const struct enclave *e, unsigned page)
{
	return e->base + HEAP + page * ENCLAVE_PAGE;
}

uint32_t heap_random(struct heap_user *u, uint32_t below)
{
	u->random = u->random * 1664525 + 1013904223;
	return (u->random >> 8) % below;
}

static bool call(const struct enclave *e, const struct heap_user *u,
		 struct request *r)
{
	struct enclave_exit exit = victim_enter(e, u->tcs, r);

	if (CHECK_EQ(exit.function, ENCLU_EEXIT))
		return CHECK_EQ(r->done, OP_DONE);
	fprintf(stderr, "op %u: vector %u, error code %#x, address %#llx\n",
		r->op, exit.vector, exit.error_code,
		(unsigned long long)(exit.addr - e->base));
	return false;
}

static bool check_page(const struct enclave *e, struct heap_user *u,
		       unsigned page)
{
	struct request r = { .op = OP_COMPARE, .value = u->is[page],
			     .addr = heap_address(e, page) };

	return call(e, u, &r) && CHECK_EQ(r.value, 0);
}

static bool fill_page(const struct enclave *e, struct heap_user *u,
		      unsigned page)
{
	struct request r = { .op = OP_FILL, .addr = heap_address(e, page),
			     .value = heap_random(u, 1u << 24) + 1 };
	bool done;

	__atomic_store_n(&u->writing, page + 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&u->is[page], (uint32_t)r.value, __ATOMIC_SEQ_CST);
	done = call(e, u, &r);
	__atomic_store_n(&u->writing, 0, __ATOMIC_SEQ_CST);
	return done;
}

static bool run_code(const struct enclave *e, struct heap_user *u,
		     unsigned page)
{
	struct request r = { .op = OP_EXECUTE,
			     .addr = e->base + CODE + page * ENCLAVE_PAGE +
				     code_offset(page) };

	*mark = 0;
	return call(e, u, &r) && CHECK_EQ(*mark, page + 1);
}

static bool use_stack(const struct enclave *e, struct heap_user *u,
		      uint64_t turns)
{
	struct request r = { .op = OP_STACK, .count = turns,
			     .value = heap_random(u, 1u << 24) };

	return call(e, u, &r) && CHECK_EQ(r.value, 0);
}

bool heap_step(const struct enclave *e, struct heap_user *u)
{
	unsigned n = (nr_pages - u->first + u->step - 1) / u->step;
	unsigned page = u->first + u->step * heap_random(u, n);
	bool good;

	good = check_page(e, u, page) && fill_page(e, u, page) &&
	       run_code(e, u, heap_random(u, HEAP_CODE_PAGES));
	if (good && u->steps % 16 == 0)
		good = use_stack(e, u, 10000);
	__atomic_add_fetch(&u->steps, 1, __ATOMIC_SEQ_CST);
	return good;
}

bool heap_check_all(const struct enclave *e, struct heap_user *u)
{
	unsigned page;

	for (page = u->first; page < nr_pages; page += u->step)
		if (page + 1 != u->writing && !check_page(e, u, page))
			return false;
	for (page = 0; page < HEAP_CODE_PAGES; page++)
		if (!run_code(e, u, page))
			return false;
	return use_stack(e, u, 1);
}

bool heap_epc_free(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct swsgx_counters c = { .size = sizeof(c) };
	time_t end = time(NULL) + IDLE_SECONDS;

	do {
		if (swsgx_counters(&c))
			return true;
		if (c.epc_free == c.epc_pages && !c.enclaves && !c.threads)
			return true;
		nanosleep(&pause, NULL);
	} while (time(NULL) < end);
	fprintf(stderr, "%llu of %llu pages are free, %llu enclaves\n",
		(unsigned long long)c.epc_free,
		(unsigned long long)c.epc_pages,
		(unsigned long long)c.enclaves);
	return false;
}
