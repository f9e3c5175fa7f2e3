/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU in the program's own code enters enclaves, whatever the program does
 * with that code: threads that come there for the first time together, fork(),
 * memory that becomes writable, is moved, is replaced or taken, breakpoints on
 * it and behind it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define PAGE      4096ul
#define CODE_SIZE 512ul
#define TIMES     4
#define THREADS   4
#define ROUNDS    24
#define JMP       0xe9
#define INT3      0xcc

typedef int enter_fn(uint64_t tcs, uint32_t function,
		     struct enclave_regs *regs);

static struct enclave enclave = ENCLAVE_NONE;
static const uint8_t enclu[3] = { 0x0f, 0x01, 0xd7 };
static uint8_t function[CODE_SIZE]; /* as it is in the file */
static unsigned jumps;              /* that were seen */

/* Where the function's copy at `code` has its ENCLU. */
static uint8_t *site_of(uint8_t *code)
{
	return code + (enclave_raw_enclu - (const char *)enclave_enter_raw);
}

static void enter(uint8_t *code, unsigned tcs, unsigned times)
{
	enter_fn *fn = (enter_fn *)(uintptr_t)code;

	for (unsigned i = 0; i < times; i++) {
		struct request r = { .op = OP_MIX, .value = 1 + i % 4 };
		struct request same = r;

		for (unsigned k = 0; k < 2; k++) {
			struct request *to = k ? &same : &r;
			struct enclave_regs regs = {
				.rdi = (uint64_t)(uintptr_t)to,
			};

			to->done = 0;
			CHECK_EQ(fn(enclave.tcs[tcs], ENCLU_EENTER, &regs), 0);
			CHECK_EQ(to->done, OP_DONE);
		}
		CHECK_EQ(r.value, same.value);
	}
}

/* A copy of the function in a private mapping of a file of `pages`. */
static uint8_t *copy(unsigned pages)
{
	int fd = memfd_create("code", MFD_CLOEXEC);
	uint8_t *code;

	CHECK_EQ(ftruncate(fd, (off_t)(pages * PAGE)), 0);
	for (unsigned i = 0; i < pages; i++)
		CHECK_EQ(pwrite(fd, function, CODE_SIZE, (off_t)(i * PAGE)),
			 CODE_SIZE);
	code = mmap(NULL, pages * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
		    0);
	if (code == MAP_FAILED)
		check_fatal("mmap");
	close(fd);
	return code;
}

static bool is_jump(uint8_t *code)
{
	bool is = *site_of(code) == JMP;

	jumps += is;
	CHECK(is || !memcmp(site_of(code), enclu, sizeof(enclu)));
	return is;
}

static uint64_t target(const uint8_t *site)
{
	int32_t displacement;

	memcpy(&displacement, site + 1, sizeof(displacement));
	return (uint64_t)(uintptr_t)site + 5 + (uint64_t)(int64_t)displacement;
}

static void writable(void)
{
	uint8_t *code = copy(1);

	check_section("memory that becomes writable");
	enter(code, 0, TIMES);
	is_jump(code);
	CHECK_EQ(mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	CHECK(!memcmp(site_of(code), enclu, sizeof(enclu)));
	enter(code, 0, TIMES);
	CHECK(!memcmp(site_of(code), enclu, sizeof(enclu)));
	CHECK_EQ(mprotect(code, PAGE, PROT_READ | PROT_EXEC), 0);
	enter(code, 0, TIMES);
	munmap(code, PAGE);
}

static void moved(void)
{
	uint8_t *code = copy(1), *to;

	check_section("memory that is moved");
	enter(code, 0, TIMES);
	is_jump(code);
	to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	      to);
	enter(to, 0, TIMES);
	is_jump(to);
	/* another function where it was; and where it is */
	CHECK(mmap(code, PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == code);
	CHECK_EQ(*site_of(code), 0);
	CHECK_EQ(munmap(code, PAGE), 0);
	CHECK(mremap(to, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, code) ==
	      code);
	enter(code, 0, TIMES);
	CHECK_EQ(madvise(code, PAGE, MADV_DONTNEED), 0);
	CHECK(!memcmp(site_of(code), enclu, sizeof(enclu)));
	enter(code, 0, TIMES);
	munmap(code, PAGE);
}

static void taken(void)
{
	uint8_t *code = copy(1), *page;

	check_section("what the jump leads to is taken");
	enter(code, 0, TIMES);
	if (is_jump(code)) {
		page = (uint8_t *)(target(site_of(code)) & ~(PAGE - 1));
		CHECK(mmap(page, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			   0) == page);
		memset(page, 0x5a, PAGE);
		CHECK(!memcmp(site_of(code), enclu, sizeof(enclu)));
		enter(code, 0, TIMES);
		for (unsigned i = 0; i < PAGE; i++)
			CHECK_EQ(page[i], 0x5a);
		munmap(page, PAGE);
	}
	munmap(code, PAGE);
}

static void child(void)
{
	struct enclave own = ENCLAVE_NONE;

	own = enclave;
	enter((uint8_t *)(uintptr_t)enclave_enter_raw, 1, TIMES);
	victim_build(&enclave);
	enter((uint8_t *)(uintptr_t)enclave_enter_raw, 0, TIMES);
	enclave_destroy(&enclave);
	enclave = own;
}

static void forked(void)
{
	check_section("a child of fork()");
	enter((uint8_t *)(uintptr_t)enclave_enter_raw, 0, TIMES);
	CHECK(check_exited_well(check_in_child(child, 20)));
	enter((uint8_t *)(uintptr_t)enclave_enter_raw, 0, TIMES);
}

/* Threads -------------------------------------------------------------- */

static pthread_barrier_t barrier;
static uint8_t *shared;

static void *together(void *arg)
{
	unsigned tcs = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		enter(shared + i * PAGE, tcs, 16);
		pthread_barrier_wait(&barrier);
		/* and while it becomes what it was */
		if (tcs)
			enter(shared + i * PAGE, tcs, 16);
		else
			mprotect(shared + i * PAGE, PAGE,
				 PROT_READ | PROT_EXEC);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];

	check_section("threads that come there together");
	shared = copy(ROUNDS);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, together, (void *)i),
			 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	munmap(shared, ROUNDS * PAGE);
}

/* Breakpoints ---------------------------------------------------------- */

static uint8_t *broken;
static uint8_t was[4];
static volatile unsigned hits;

static void write_byte(uint8_t *at, uint8_t byte)
{
	FILE *mem = fopen("/proc/self/mem", "r+");

	CHECK_EQ(fseek(mem, (long)(uintptr_t)at, SEEK_SET), 0);
	CHECK_EQ(fputc(byte, mem), byte);
	CHECK_EQ(fclose(mem), 0);
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	hits++;
	CHECK(info->si_code > 0);
	CHECK_EQ(gregs[REG_RIP], (uint64_t)(uintptr_t)broken + 1);
	gregs[REG_RIP]--;
	write_byte(broken, was[0]);
}

/* As a debugger does who comes later: on it, and behind. */
static void breakpoints(void)
{
	uint8_t *code = copy(1);

	check_section("breakpoints");
	victim_handle(SIGTRAP, on_trap, 0);
	enter(code, 0, TIMES);
	is_jump(code);
	for (unsigned i = 0; i < 6; i++) {
		broken = site_of(code) + (i % 2 ? sizeof(enclu) : 0);
		was[0] = *broken;
		write_byte(broken, INT3);
		hits = 0;
		enter(code, 0, 1);
		CHECK_EQ(hits, 1);
	}
	signal(SIGTRAP, SIG_DFL);
	munmap(code, PAGE);
}

int main(int argc, char **argv)
{
	(void)argv;
	check_timeout(100);
	memcpy(function, (const void *)enclave_enter_raw, CODE_SIZE);
	victim_build(&enclave);
	writable();
	moved();
	taken();
	breakpoints();
	forked();
	threads();
	printf("%u jumps\n", jumps);
	if (argc > 1)
		CHECK_EQ(jumps, 0);
	enclave_destroy(&enclave);
	return check_result();
}
