/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave that removes pages gives the host their memory back, soon, while
 * the pages between them keep theirs, and what is in it.  mincore(2) tells
 * whether there is memory behind a mapping.
 */
#define _GNU_SOURCE
#include <asm/sgx.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"
#include "tests/process/fixture/victim.h"

#define PAGES   600u
#define FIRST   40u /* that is removed */
#define REMOVED 500u
#define STAYS   300u /* between them */
#define TRIES   500  /* of 10 ms */

static struct enclave enclave;

static uint64_t call(enum enclave_op op, unsigned page, uint64_t value,
		     uint64_t flags)
{
	struct request r = { .op = op,
			     .addr = heap_address(&enclave, page),
			     .value = value,
			     .flags = (uint32_t)flags };

	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	return r.value;
}

/* How many of these pages have memory? */
static unsigned resident(unsigned first, unsigned n)
{
	unsigned char in_core[PAGES] = { 0 };
	unsigned found = 0;

	CHECK_EQ(mincore((void *)heap_address(&enclave, first),
			 n * ENCLAVE_PAGE, in_core),
		 0);
	for (unsigned i = 0; i < n; i++)
		found += in_core[i] & 1;
	return found;
}

static void remove_range(unsigned first, unsigned n)
{
	uint64_t offset = heap_address(&enclave, first) - enclave.base;
	struct sgx_enclave_modify_types m = { .offset = offset,
					      .length = n * ENCLAVE_PAGE,
					      .page_type = 4 };
	struct sgx_enclave_remove_pages r = { .offset = offset,
					      .length = n * ENCLAVE_PAGE };

	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &m), 0);
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(call(OP_EACCEPT, first + i, 0,
			      SECINFO_TRIM | SECINFO_MODIFIED),
			 0);
	CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &r), 0);
	CHECK_EQ(r.count, n * ENCLAVE_PAGE);
}

static void goes_back(void)
{
	unsigned left = REMOVED;

	check_section("memory of removed pages");
	CHECK_EQ(resident(0, PAGES), PAGES);
	remove_range(FIRST, STAYS - FIRST);
	remove_range(STAYS + 1, FIRST + REMOVED - STAYS);
	for (int i = 0; left > 1 && i < TRIES; i++) {
		usleep(10000);
		left = resident(FIRST, REMOVED + 1);
	}
	CHECK_EQ(left, 1);
	CHECK_EQ(resident(STAYS, 1), 1);
	CHECK_EQ(resident(0, PAGES), PAGES - REMOVED);
}

static void others_stay(void)
{
	check_section("the others");
	for (unsigned i = 0; i < PAGES; i++) {
		if (i < FIRST || i > FIRST + REMOVED || i == STAYS)
			CHECK_EQ(call(OP_COMPARE, i, i + 1, 0), 0);
	}
}

static void new_pages_are_zeros(void)
{
	check_section("new ones");
	for (unsigned i = FIRST; i < FIRST + 8; i++) {
		CHECK_EQ(call(OP_EACCEPT, i, 0,
			      SECINFO_REG | SECINFO_R | SECINFO_W |
				      SECINFO_PENDING),
			 0);
		CHECK_EQ(call(OP_COMPARE, i, 0, 0), 0);
		call(OP_FILL, i, 7, 0);
	}
	usleep(1500000); /* the server has looked again */
	for (unsigned i = FIRST; i < FIRST + 8; i++)
		CHECK_EQ(call(OP_COMPARE, i, 7, 0), 0);
}

int main(void)
{
	check_timeout(50);
	heap_prepare(PAGES);
	heap_build(&enclave);
	for (unsigned i = 0; i < PAGES; i++)
		call(OP_FILL, i, i + 1, 0);
	goes_back();
	others_stay();
	new_pages_are_zeros();
	enclave_destroy(&enclave);
	return check_result();
}
