/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave memory from outside: loads give all ones, stores go nowhere, for the
 * program's own code and for system calls that it gives such a pointer, while
 * other threads are inside too.
 *
 * Source: SDM "Access-control Requirements"; Linux 6.1 Documentation/x86/sgx.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SUBJECT "the abort page"
#define SOURCE  "SDM \"Access-control Requirements\""

static struct enclave enclave = ENCLAVE_NONE;
static enum victim_way way;
static uint64_t secrets, code;

static uint64_t ask(enum enclave_op op, uint64_t value)
{
	struct request r = { .op = op, .value = value };

	CHECK(victim_call(&enclave, 0, way, &r));
	return r.value;
}

static void by_the_program(void)
{
	volatile uint64_t *secret = (volatile uint64_t *)secrets;

	CHECK_ROW(SUBJECT, SOURCE, "a read", "ones");
	CHECK_ROW(SUBJECT, SOURCE, "a write", "is lost");
	ask(OP_STORE, 0x1234);
	CHECK_EQ(secret[0], ~0ull);
	CHECK_EQ(*(volatile uint8_t *)secrets, 0xff);
	CHECK_EQ(*(volatile uint64_t *)code, ~0ull);
	CHECK_EQ(*(volatile uint64_t *)enclave.tcs[0], ~0ull);
	secret[0] = 0x5678;
	*(volatile uint64_t *)enclave.tcs[0] = 1;
	CHECK_EQ(secret[0], ~0ull);
	CHECK_EQ(ask(OP_LOAD, 0), 0x1234);
}

static void by_system_calls(void)
{
	uint64_t got = 0, sent = 0x9999;
	int pipes[2];

	if (pipe(pipes))
		check_fatal("pipe");
	CHECK_EQ(write(pipes[1], (void *)secrets, 8), 8);
	CHECK_EQ(read(pipes[0], &got, 8), 8);
	CHECK_EQ(got, ~0ull);
	CHECK_EQ(write(pipes[1], &sent, 8), 8);
	CHECK_EQ(read(pipes[0], (void *)secrets, 8), 8);
	CHECK_EQ(ask(OP_LOAD, 0), 0x1234);
	close(pipes[0]);
	close(pipes[1]);
}

static void *spin_inside(void *request)
{
	CHECK(victim_call(&enclave, 1, way, request));
	return NULL;
}

static void while_another_is_inside(void)
{
	struct request spin = { .op = OP_SPIN };
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, spin_inside, &spin), 0);
	while (!spin.started)
		sched_yield();
	by_the_program();
	by_system_calls();
	spin.flag = 1;
	pthread_join(thread, NULL);
}

static void all(const char *name, bool hidden)
{
	check_section(name);
	by_the_program();
	by_system_calls();
	if (!hidden)
		while_another_is_inside();
}

/*
 * "hidden": without protection keys, where the pages that another thread uses
 * in an enclave meanwhile are everybody's (DP1).
 */
int main(int argc, char **argv)
{
	bool hidden = argc > 1 && !strcmp(argv[1], "hidden");
	struct request where = { .op = OP_ADDRESSES };

	check_timeout(30);
	victim_build(&enclave);
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &where));
	secrets = where.addr;
	code = where.count;
	way = BY_ENCLU;
	all("own ENCLU", hidden);
	if (enclave_vdso()) {
		way = BY_VDSO;
		all("vDSO", hidden);
	}
	check_all_rows();
	enclave_destroy(&enclave);
	return check_result();
}
