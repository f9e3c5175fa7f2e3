/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel lets a process have vm.max_map_count mappings.  A program that has
 * used them up still has the enclaves that it had; what would need one more
 * mapping fails with ENOMEM, as on hardware, and works again when there is
 * room.  Prints what an enclave takes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define ENCLAVES 100u    /* to see what one takes */
#define MOST     262144u /* more mappings would take too long */

static struct enclave enclaves[ENCLAVES];

static unsigned number_in(const char *path, bool lines)
{
	FILE *file = fopen(path, "r");
	unsigned n = 0;
	int c;

	if (!file)
		check_fatal("%s", path);
	if (!lines && fscanf(file, "%u", &n) != 1)
		check_fatal("%s: no number", path);
	while (lines && (c = getc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	return n;
}

static unsigned mappings(void)
{
	return number_in("/proc/self/maps", true);
}

static void ordinary_use(unsigned limit)
{
	unsigned before = mappings(), each;

	check_section("what an enclave takes");
	for (unsigned i = 0; i < ENCLAVES; i++) {
		enclaves[i] = (struct enclave)ENCLAVE_NONE;
		victim_build(&enclaves[i]);
	}
	each = (mappings() - before + ENCLAVES - 1) / ENCLAVES;
	printf("mappings: %u without enclaves, %u for each, limit %u\n", before,
	       each, limit);
	/* A thousand enclaves at once are ordinary use. */
	CHECK(before + 1000 * each < limit / 2);
}

/* Every other page of a range becomes another mapping, until there is none. */
static void use_up(uint8_t *range, unsigned limit)
{
	unsigned page = 1;

	while (page < 2 * limit &&
	       !mprotect(range + page * ENCLAVE_PAGE, ENCLAVE_PAGE, PROT_READ))
		page += 2;
	CHECK_EQ(errno, ENOMEM);
	CHECK(page < 2 * limit);
	/* The last one may have been two short. */
	while (mmap(NULL, ENCLAVE_PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0) != MAP_FAILED)
		;
	CHECK_EQ(errno, ENOMEM);
}

static void one_works(const struct enclave *e, uint64_t value)
{
	struct request store = { .op = OP_STORE, .value = value };
	struct request load = { .op = OP_LOAD };

	CHECK(victim_call(e, 0, BY_VDSO, &store));
	CHECK(victim_call(e, 1, BY_ENCLU, &load));
	CHECK_EQ(load.value, value);
}

static void at_the_limit(void)
{
	const struct enclave *e = &enclaves[0];
	struct enclave another = ENCLAVE_NONE;
	struct request where = { .op = OP_ADDRESSES };

	CHECK_ROW("mmap, mprotect", "mm/mmap.c do_mmap(), mm/mprotect.c",
		  "vm.max_map_count is reached", "ENOMEM; the enclaves go on");
	check_section("at the limit");
	one_works(e, 1);
	CHECK(victim_call(e, 0, BY_VDSO, &where));
	CHECK_FAILS((intptr_t)mmap(NULL, ENCLAVE_PAGE, PROT_NONE, MAP_SHARED,
				   e->fd, 0),
		    ENOMEM);
	/* one page of the enclave's data: would divide a mapping */
	CHECK_FAILS(mprotect((void *)(where.addr & ~(ENCLAVE_PAGE - 1ull)),
			     ENCLAVE_PAGE, PROT_READ),
		    ENOMEM);
	CHECK(enclave_open(&another) || enclave_reserve(&another, 1 << 20));
	enclave_destroy(&another);
	one_works(e, 2);
	/* nobody has been in this one yet */
	one_works(&enclaves[ENCLAVES / 2], 3);
}

int main(void)
{
	unsigned limit = number_in("/proc/sys/vm/max_map_count", false);
	size_t length = 2ull * limit * ENCLAVE_PAGE;
	uint8_t *range;

	if (limit > MOST)
		check_skip("vm.max_map_count is too large to reach");
	check_timeout(100);
	ordinary_use(limit);
	range = mmap(NULL, length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED)
		check_fatal("no address space to divide");
	use_up(range, limit);
	at_the_limit();

	check_section("room again");
	munmap(range, length);
	enclave_destroy(&enclaves[1]);
	victim_build(&enclaves[1]);
	for (unsigned i = 0; i < ENCLAVES; i++) {
		one_works(&enclaves[i], i);
		enclave_destroy(&enclaves[i]);
	}
	check_all_rows();
	return check_result();
}
