/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libswsgx from C: what a test of a program with an enclave does with it.  Run
 * natively as well ("native"), where each call must say so and do no harm.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lib/swsgx.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;

static struct swsgx_counters counters(void)
{
	struct swsgx_counters c = { .size = sizeof(c) };

	CHECK_EQ(swsgx_counters(&c), 0);
	return c;
}

static void natively(void)
{
	struct swsgx_counters c = { .size = sizeof(c) };

	errno = 1234;
	CHECK_EQ(swsgx_present(), 0);
	CHECK_EQ(swsgx_lose_epc(), -ENODEV);
	CHECK_EQ(swsgx_migrate(NULL), -ENODEV);
	CHECK_EQ(swsgx_evict(&c, sizeof(c)), -ENODEV);
	CHECK_EQ(swsgx_next_fault("epc-loss@eenter=1"), -ENODEV);
	CHECK_EQ(swsgx_next_fault(NULL), -ENODEV);
	CHECK_EQ(swsgx_counters(&c), -ENODEV);
	CHECK_EQ(errno, 1234);
}

static struct enclave_exit enter(enum enclave_op op)
{
	struct request r = { .op = op };

	return victim_enter(&enclave, 0, &r);
}

static void rebuild(void)
{
	enclave_destroy(&enclave);
	victim_build(&enclave);
}

static void check_lost(void)
{
	struct enclave_exit exit = enter(OP_NOP);

	CHECK_EQ(exit.function, ENCLU_EENTER);
	CHECK_EQ(exit.vector, 14);
	CHECK(exit.error_code & 0x8000);
	rebuild();
}

static void check_well(void)
{
	struct enclave_exit exit = enter(OP_NOP);

	CHECK_EQ(exit.function, ENCLU_EEXIT);
}

static void lose(void)
{
	struct swsgx_counters before = counters(), after;

	check_section("lose the EPC");
	check_well();
	CHECK_EQ(swsgx_lose_epc(), 0);
	check_lost();
	check_well();
	after = counters();
	CHECK_EQ(after.epc_losses, before.epc_losses + 1);
	CHECK_EQ(after.eenter, before.eenter + 3);
	CHECK_EQ(after.eexit, before.eexit + 2);
	CHECK_EQ(after.fault, before.fault + 1);
	CHECK(after.ioctl >= before.ioctl + 3);
	CHECK_EQ(after.enclaves, 1);
	CHECK_EQ(after.threads, 0);
}

static void get_key(struct reportdata *key)
{
	struct request r = { .op = OP_EGETKEY };

	r.keyrequest.keyname = KEYNAME_SEAL;
	r.keyrequest.keypolicy = KEYPOLICY_MRENCLAVE;
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	*key = r.data;
}

static void cpusvn(uint8_t svn[16])
{
	struct request r = { .op = OP_EREPORT };

	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	memcpy(svn, &r.report, 16); /* the report's first field */
}

static void migrate(void)
{
	struct reportdata before, after;
	uint8_t svn[16], want[16];

	check_section("migrate");
	get_key(&before);
	cpusvn(want);
	CHECK_EQ(swsgx_migrate(NULL), 0);
	check_lost();
	get_key(&after);
	CHECK(memcmp(&before, &after, sizeof(before)));
	cpusvn(svn);
	CHECK(!memcmp(svn, want, sizeof(svn)));
	memset(want, 0x5a, sizeof(want));
	CHECK_EQ(swsgx_migrate(want), 0);
	check_lost();
	cpusvn(svn);
	CHECK(!memcmp(svn, want, sizeof(svn)));
	CHECK_EQ(counters().migrations, 2);
}

static void evict(void)
{
	struct request r = { .op = OP_STORE, .value = 77 };
	struct swsgx_counters before, after;
	int local;

	check_section("evict");
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	before = counters();
	CHECK_EQ(swsgx_evict((void *)enclave.base, enclave.size), 0);
	after = counters();
	CHECK(after.ewb >= before.ewb + 10);
	CHECK(after.epc_free > before.epc_free);
	r.op = OP_LOAD;
	CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
	CHECK_EQ(r.value, 77);
	CHECK(counters().eldu > after.eldu);
	/* one page, and pages that are none of an enclave */
	before = counters();
	CHECK_EQ(swsgx_evict((void *)enclave.tcs[0], 1), 0);
	CHECK_EQ(counters().ewb, before.ewb + 1);
	CHECK_EQ(swsgx_evict(&local, sizeof(local)), -EFAULT);
	CHECK_EQ(swsgx_evict((void *)4096, (size_t)-1), -EINVAL);
}

static void next_fault(void)
{
	uint64_t before;

	check_section("next fault");
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(swsgx_next_fault("epc-loss@eenter=2"), 0);
		check_well();
		check_lost();
		check_well();
		check_well();
	}
	before = counters().epc_losses;
	CHECK_EQ(swsgx_next_fault("epc-loss@time=1ms"), 0);
	while (counters().epc_losses == before)
		usleep(1000);
	check_lost();
	CHECK_EQ(swsgx_next_fault("aex@eenter=1"), 0);
	CHECK_EQ(swsgx_next_fault("epc-loss@eresume=1"), 0);
	CHECK_EQ(enter(OP_NOP).function, ENCLU_ERESUME);
	rebuild();
	CHECK_EQ(swsgx_next_fault("nothing@eenter=1"), -EINVAL);
	CHECK_EQ(swsgx_next_fault("epc-loss@eenter=0"), -EINVAL);
	CHECK_EQ(swsgx_next_fault("epc-loss@every=10ms"), -EINVAL);
	CHECK_EQ(swsgx_next_fault(NULL), -EINVAL);
	CHECK_EQ(swsgx_next_fault("epc-loss@eenter=1 and much more text here"),
		 -EINVAL);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(swsgx_next_fault("aex@eresume=100000"), 0);
	CHECK_EQ(swsgx_next_fault("aex@eresume=100000"), -ENOSPC);
}

static void sizes(void)
{
	struct swsgx_counters c;

	check_section("sizes");
	memset(&c, 0xff, sizeof(c));
	c.size = offsetof(struct swsgx_counters, eexit);
	CHECK_EQ(swsgx_counters(&c), 0);
	CHECK(c.eenter && c.eenter != UINT64_MAX);
	CHECK_EQ(c.eexit, UINT64_MAX);
	c.size = 4;
	CHECK_EQ(swsgx_counters(&c), -EINVAL);
	CHECK_EQ(swsgx_counters(NULL), -EINVAL);
}

/* From a thread, while this one is inside: it leaves by AEX, and hears. */
static void *lose_in_a_while(void *arg)
{
	struct request *r = arg;

	while (!r->started)
		usleep(1000);
	CHECK_EQ(counters().threads, 1);
	CHECK_EQ(swsgx_lose_epc(), 0);
	CHECK_EQ(counters().threads, 0);
	return NULL;
}

static void lose_while_inside(void)
{
	struct request r = { .op = OP_SPIN };
	struct enclave_exit exit;
	pthread_t thread;

	check_section("a thread is inside");
	pthread_create(&thread, NULL, lose_in_a_while, &r);
	exit = victim_enter(&enclave, 0, &r);
	CHECK_EQ(exit.function, ENCLU_ERESUME);
	CHECK_EQ(exit.addr, enclave.tcs[0]);
	pthread_join(thread, NULL);
	rebuild();
}

int main(int argc, char **argv)
{
	check_timeout(40);
	if (argc > 1 && !strcmp(argv[1], "native")) {
		natively();
		return check_result();
	}
	CHECK_EQ(swsgx_present(), 1);
	/* before this process has met SGX at all */
	CHECK_EQ(counters().enclaves, 0);
	CHECK_EQ(swsgx_evict((void *)4096, 4096), -EFAULT);
	victim_build(&enclave);
	lose();
	migrate();
	evict();
	lose_while_inside();
	sizes();
	next_fault();
	enclave_destroy(&enclave);
	return check_result();
}
