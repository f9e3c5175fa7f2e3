/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that locks its memory, before it meets SGX and after: it goes on as
 * before, and takes no more memory than it has use for.
 *
 * Source: Linux 6.1 mm/mlock.c mlock_fixup(): of a VM_PFNMAP mapping nothing is
 * locked; mm/gup.c populate_vma_page_range().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct parts parts;

/* Memory that is brought in without end takes time of the processor. */
static void limit_processor_time(void)
{
	const struct rlimit limit = { 5, 5 };

	if (setrlimit(RLIMIT_CPU, &limit))
		check_fatal("setrlimit");
}

static void build_and_enter(struct enclave *e)
{
	struct request r = { .op = OP_BASES };

	parts_build(&parts, e);
	CHECK(victim_call(e, 1, BY_VDSO, &r) && r.value == 1);
}

static void locks(const struct enclave *e)
{
	void *base = (void *)e->base;

	CHECK_ROW("mlock, mlockall", "mm/mlock.c mlock_fixup()",
		  "of an enclave's mapping", "0, nothing is locked");
	CHECK_EQ(mlock(base, e->size), 0);
	CHECK_EQ(mlock2(base, e->size, 0), 0);
	CHECK_EQ(mlock2(base, e->size, MLOCK_ONFAULT), 0);
	CHECK_FAILS(mlock2(base, e->size, 0x80), EINVAL);
	CHECK_EQ(munlock(base, e->size), 0);
	CHECK_EQ(mlockall(MCL_CURRENT), 0);
	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	CHECK_FAILS(mlockall(0), EINVAL);
	CHECK_FAILS(mlockall(0x80 | MCL_CURRENT), EINVAL);
}

/* Is a mapping that is made now brought in at once? */
static bool future_is_locked(void)
{
	unsigned char resident = 0;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		check_fatal("mmap");
	CHECK_EQ(mincore(p, 4096, &resident), 0);
	munmap(p, 4096);
	return resident & 1;
}

static void after(void)
{
	struct request r = { .op = OP_BASES };
	struct enclave e;

	check_section("locked after the enclave was built");
	build_and_enter(&e);
	locks(&e);
	CHECK(future_is_locked());
	CHECK(victim_call(&e, 1, BY_VDSO, &r) && r.value == 1);
	CHECK_EQ(munlockall(), 0);
	CHECK(!future_is_locked());
	enclave_destroy(&e);
}

static void before(void)
{
	struct enclave e;

	check_section("locked before");
	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	build_and_enter(&e);
	CHECK(future_is_locked());
	enclave_destroy(&e);
}

static bool may_lock(void)
{
	bool may = !mlockall(MCL_CURRENT | MCL_FUTURE);

	munlockall();
	return may;
}

int main(void)
{
	check_timeout(45);
	if (!may_lock())
		check_skip("memory cannot be locked here (ulimit -l)");
	parts_prepare(&parts, NULL, NULL);
	limit_processor_time();
	CHECK(check_exited_well(check_in_child(before, 40)));
	after();
	check_all_rows();
	return check_result();
}
