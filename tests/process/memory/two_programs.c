/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two programs whose enclaves do not fit into the EPC together: pages of the
 * one are written out by the other, which has none of its mappings.  Data, code
 * and stack of both stay as they are; first by turns, then at once.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"

#define PAGES 1536u /* three quarters of the EPC's 8 MiB */
#define STEPS 1500u

static struct heap_user user = { .step = 1 };

static void use(const struct enclave *e, unsigned steps)
{
	while (steps-- && heap_step(e, &user))
		;
	CHECK(heap_check_all(e, &user));
}

static void wait_for(int from)
{
	char c;

	CHECK_EQ(read(from, &c, 1), 1);
}

static void say(int to)
{
	CHECK_EQ(write(to, "", 1), 1);
}

static int second(int from, int to)
{
	struct enclave e;

	check_restart();
	user.random = 2;
	wait_for(from);
	heap_build(&e);
	use(&e, STEPS);
	say(to);
	use(&e, STEPS);
	enclave_destroy(&e);
	return check_result();
}

static void first(int to, int from)
{
	struct enclave e;

	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages()",
		  "another program's enclave needs the room",
		  "all pages come back as they were");
	check_section("by turns");
	user.random = 1;
	heap_build(&e);
	use(&e, STEPS);
	say(to);
	wait_for(from);
	CHECK(heap_check_all(&e, &user));
	check_section("at once");
	use(&e, STEPS);
	enclave_destroy(&e);
}

int main(void)
{
	int down[2], up[2];
	pid_t other;

	check_timeout(100);
	heap_prepare(PAGES);
	if (pipe(down) || pipe(up))
		check_fatal("pipe");
	other = fork();
	if (!other)
		_exit(second(down[0], up[1]));
	first(down[1], up[0]);
	CHECK(check_exited_well(check_wait(other)));
	CHECK(heap_epc_free());
	check_all_rows();
	return check_result();
}
