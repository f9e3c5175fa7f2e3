/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A platform with a small EPC (the argument: its size in KiB): pages can be
 * added until it is full, then ADD_PAGES and CREATE fail with ENOMEM; what an
 * enclave held comes back when it is gone.  Linux on hardware would first write
 * pages out to make room, and hold more than fits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/build_steps.h"
#include "tests/process/check.h"
#include "tests/process/victim.h"

#define RANGE (64ull << 20)

static struct parts parts;

/* An enclave with a wide range and no pages yet. */
static int create_wide(struct enclave *e)
{
	struct secs secs;

	*e = (struct enclave)ENCLAVE_NONE;
	if (enclave_open(e) || enclave_reserve(e, RANGE))
		check_fatal("%s", enclave_error());
	enclave_secs_fill(&secs, e, &parts.image, &parts.sig);
	return enclave_create(e, &secs);
}

/* Bytes that could be added before ENOMEM. */
static uint64_t fill(struct enclave *e)
{
	void *zero = mmap(NULL, RANGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	uint64_t added = 0;

	CHECK_FAILS(enclave_add_pages(e, 0, zero, RANGE,
				      SECINFO_REG | SECINFO_R, false, &added),
		    ENOMEM);
	munmap(zero, RANGE);
	return added;
}

int main(int argc, char **argv)
{
	uint64_t size = argc > 1 ? strtoull(argv[1], NULL, 10) << 10 : 0;
	struct enclave full, other;
	uint64_t first, again = 0;

	check_timeout(40);
	if (!size)
		check_skip("needs the size of the EPC in KiB");
	parts_prepare(&parts, NULL, NULL);
	check_section("filling the EPC");
	CHECK_EQ(create_wide(&full), 0);
	first = fill(&full);
	/* SECS and version arrays take a few pages themselves. */
	CHECK(first > size / 2 && first < size);
	CHECK_EQ(first % 4096, 0);
	check_section("while it is full");
	CHECK_FAILS(create_wide(&other), ENOMEM);
	enclave_destroy(&other);
	enclave_destroy(&full);
	check_section("when it is free again");
	for (int i = 0; i < 200 && again != first; i++) {
		usleep(10 * 1000);
		if (!create_wide(&full))
			again = fill(&full);
		enclave_destroy(&full);
	}
	CHECK_EQ(again, first);
	return check_result();
}
