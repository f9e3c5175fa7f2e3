/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pages of this process that jumps in an enclave's code lead to: a program
 * that maps something else there gets it, a child of fork() that has none is
 * missed by nobody, and none stays when the enclave has gone.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define MAX  64
#define NEAR (4ull << 30)
#define PAGE 4096ul

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t base;

static void enter(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct request r = { .op = OP_MIX, .value = 1 + i % 4 };
		struct request again = r;

		CHECK(victim_call(&enclave, 0, BY_VDSO, &r));
		CHECK(victim_call(&enclave, 0, BY_VDSO, &again));
		CHECK_EQ(r.value, again.value);
	}
}

/* Single pages of code of no file, near where the enclave is or was. */
static unsigned stubs(uint64_t at[MAX])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps) && n < MAX) {
		uint64_t start, end, inode;
		char prot[5];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %" SCNu64,
			   &start, &end, prot, &inode) == 4 &&
		    end - start == PAGE && !inode && !strcmp(prot, "r-xp") &&
		    start - base + NEAR < 2 * NEAR)
			at[n++] = start;
	}
	if (maps)
		fclose(maps);
	return n;
}

static void mapped_over(void)
{
	uint64_t at[MAX];
	unsigned n;
	char *p[MAX];

	check_section("the program maps something there");
	victim_build(&enclave);
	base = enclave.base;
	enter(4);
	n = stubs(at);
	printf("%u stubs\n", n);
	for (unsigned i = 0; i < n; i++) {
		p[i] = mmap((void *)(uintptr_t)at[i], PAGE,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		CHECK_EQ((uintptr_t)p[i], at[i]);
		memset(p[i], 0x5a, PAGE);
	}
	enter(4);
	for (unsigned i = 0; i < n; i++) {
		CHECK_EQ(p[i][0], 0x5a);
		CHECK_EQ(p[i][PAGE - 1], 0x5a);
		CHECK_EQ(munmap(p[i], PAGE), 0);
	}
	enter(4);
	enclave_destroy(&enclave);
	CHECK_EQ(stubs(at), 0);
}

/* It is there before there are any, and comes to the enclave after. */
static void forked_before(void)
{
	char byte = 0;
	int go[2];
	pid_t pid;
	int status = -1;

	check_section("a child from before");
	victim_build(&enclave);
	CHECK_EQ(pipe(go), 0);
	pid = fork();
	if (!pid) {
		check_restart();
		check_timeout(20);
		CHECK_EQ(read(go[0], &byte, 1), 1);
		enter(4);
		_exit(check_failures() ? 1 : 0);
	}
	enter(4);
	CHECK_EQ(write(go[1], &byte, 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(check_exited_well(status));
	enter(4);
	enclave_destroy(&enclave);
}

static void forked_behind(void)
{
	int status = -1;
	pid_t pid;

	check_section("a child from behind");
	victim_build(&enclave);
	enter(4);
	pid = fork();
	if (!pid) {
		check_restart();
		check_timeout(20);
		enter(4);
		_exit(check_failures() ? 1 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(check_exited_well(status));
	enter(4);
	enclave_destroy(&enclave);
}

int main(void)
{
	check_timeout(50);
	mapped_over();
	forked_before();
	forked_behind();
	return check_result();
}
