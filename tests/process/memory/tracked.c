/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread gives back pages, restricts them, makes TCSs of them, while others
 * do nothing but enter and leave the enclave.  Each ioctl succeeds; and when it
 * has returned, ETRACK and the interrupts are behind, so EACCEPT is never
 * SGX_NOT_TRACKED.  Pages are added by EACCEPT's faults and given back in
 * ranges, in an ELRANGE as large as that of a library OS.
 *
 * Source: Linux 6.1 sgx/ioctl.c sgx_enclave_etrack(); SDM "EACCEPT".
 */
#define _GNU_SOURCE
#include <asm/sgx.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define RANGE   (1ull << 36)
#define ADDED   (1ull << 35)
#define PAGES   16u
#define OTHERS  (ENCLAVE_TCS_COUNT - 1)
#define SECONDS 2
#define RW      (SECINFO_R | SECINFO_W)

static struct parts parts;
static struct enclave enclave;
static bool stop;
static unsigned turns;

static void nothing(struct enclave_measure *m)
{
	(void)m;
}

static void build(void)
{
	parts_prepare(&parts, NULL, NULL);
	parts_sign_more(&parts, RANGE, nothing);
	parts_create(&parts, &enclave);
	parts_add_all(&parts, &enclave);
	if (enclave_init(&enclave, &parts.sig) ||
	    enclave_map(&enclave, &parts.image))
		check_fatal("init: %s", enclave_error());
	if (mmap((void *)(enclave.base + ADDED), PAGES * ENCLAVE_PAGE,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, enclave.fd,
		 0) == MAP_FAILED)
		check_fatal("mmap");
}

/* Each a little longer than the other, so that all the ways meet. */
static void *come_and_go(void *arg)
{
	unsigned tcs = (unsigned)(uintptr_t)arg;
	struct request r = { .op = OP_MIX };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		r.value = 1 + tcs * 40;
		if (!CHECK(victim_call(&enclave, tcs, BY_VDSO, &r)))
			break;
	}
	return NULL;
}

static bool inside(enum enclave_op op, unsigned page, uint64_t at,
		   uint64_t value)
{
	struct request r = { .op = op,
			     .value = value,
			     .flags = value,
			     .addr = enclave.base + ADDED + at +
				     page * ENCLAVE_PAGE };

	if (!CHECK(victim_call(&enclave, 0, BY_VDSO, &r)))
		return false;
	return op != OP_EACCEPT || CHECK_EQ(r.value, 0);
}

static bool for_each(unsigned pages, enum enclave_op op, uint64_t at,
		     uint64_t value)
{
	unsigned page;

	for (page = 0; page < pages; page++)
		if (!inside(op, page, at, value))
			return false;
	return true;
}

static bool change_type(unsigned pages, unsigned type)
{
	struct sgx_enclave_modify_types m = { .offset = ADDED,
					      .length = pages * ENCLAVE_PAGE,
					      .page_type = type };

	if (CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &m), 0))
		return CHECK_EQ(m.count, m.length);
	fprintf(stderr, "MODIFY_TYPES: errno %d, result %llu, count %llu\n",
		errno, (unsigned long long)m.result,
		(unsigned long long)m.count);
	return false;
}

static bool restrict_to_read(unsigned pages)
{
	struct sgx_enclave_restrict_permissions p = {
		.offset = ADDED,
		.length = pages * ENCLAVE_PAGE,
		.permissions = SECINFO_R
	};

	if (CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
			   &p),
		     0))
		return CHECK_EQ(p.count, p.length);
	fprintf(stderr, "RESTRICT: errno %d, result %llu, count %llu\n", errno,
		(unsigned long long)p.result, (unsigned long long)p.count);
	return false;
}

static bool add(unsigned pages)
{
	return for_each(pages, OP_EACCEPT, 0,
			SECINFO_REG | RW | SECINFO_PENDING);
}

static bool give_back(unsigned pages)
{
	struct sgx_enclave_remove_pages r = { .offset = ADDED,
					      .length = pages * ENCLAVE_PAGE };

	return change_type(pages, 4) &&
	       for_each(pages, OP_EACCEPT, 0,
			SECINFO_TRIM | SECINFO_MODIFIED) &&
	       CHECK_EQ(ioctl(enclave.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &r),
			0) &&
	       CHECK_EQ(r.count, r.length);
}

static bool one_page(void)
{
	return add(1) && give_back(1);
}

static bool a_range(void)
{
	return add(PAGES) && give_back(PAGES);
}

static bool permissions(void)
{
	return add(PAGES) && restrict_to_read(PAGES) &&
	       for_each(PAGES, OP_EACCEPT, 0,
			SECINFO_REG | SECINFO_R | SECINFO_PR) &&
	       for_each(PAGES, OP_EMODPE, 0, SECINFO_REG | RW) &&
	       for_each(PAGES, OP_WRITE, 0, 1) && give_back(PAGES);
}

/* NSSA is 1, all else 0: a TCS that EACCEPT takes. */
static bool threads(void)
{
	return add(2) && for_each(2, OP_WRITE, offsetof(struct tcs, nssa), 1) &&
	       change_type(2, 1) &&
	       for_each(2, OP_EACCEPT, 0, SECINFO_TCS | SECINFO_MODIFIED) &&
	       give_back(2);
}

static void while_others_enter(const char *name, bool (*what)(void))
{
	time_t end = time(NULL) + SECONDS;
	pthread_t thread[OTHERS + 1];

	if (check_failures())
		return;
	check_section(name);
	stop = false;
	for (uintptr_t i = 1; i <= OTHERS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, come_and_go,
					(void *)i),
			 0);
	do
		turns++;
	while (what() && time(NULL) < end);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 1; i <= OTHERS; i++)
		pthread_join(thread[i], NULL);
	fprintf(stderr, "%s: %u times\n", name, turns);
	turns = 0;
}

int main(void)
{
	check_timeout(50);
	build();
	CHECK_ROW("MODIFY_TYPES", "sgx/ioctl.c sgx_enclave_etrack()",
		  "threads enter and leave meanwhile",
		  "EACCEPT is never SGX_NOT_TRACKED");
	while_others_enter("a page is given back", one_page);
	while_others_enter("a range is given back", a_range);
	while_others_enter("pages become TCSs", threads);
	CHECK_ROW("RESTRICT_PERMISSIONS", "sgx/ioctl.c sgx_enclave_etrack()",
		  "threads enter and leave meanwhile",
		  "EACCEPT is never SGX_NOT_TRACKED");
	while_others_enter("permissions are restricted", permissions);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
