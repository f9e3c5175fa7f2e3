/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's own CPUID shows SGX, and nothing else in its code has changed.
 * With the argument "hidden": CPUID is left alone, the code is too.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/process/cpuid/places.h"
#include "tests/process/fixture/check.h"

#define ALL_ONES (~0ull)

static bool hidden;
static volatile sig_atomic_t traps;

static void shows_sgx(void (*cpuid)(struct regs *))
{
	struct regs r = { 7, ALL_ONES, 0, ALL_ONES };

	cpuid(&r);
	CHECK_EQ(r.rbx >> 2 & 1, 1);
	r = (struct regs){ 0x12, 0, 0, 0 };
	cpuid(&r);
	CHECK_EQ(r.rax & 1, 1);
	r = (struct regs){ 0x12, 0, 2, 0 };
	cpuid(&r);
	CHECK_EQ(r.rax & 15, 1);
	CHECK_EQ(r.rcx & 15, 1);
	CHECK((r.rcx & ~0xfffull) + (r.rdx << 32) >= 4096);
	r = (struct regs){ 0, 0, 0, 0 };
	cpuid(&r);
	CHECK(r.rax >= 0x12);
}

static void clears_upper_halves(void)
{
	struct regs r = { ALL_ONES << 32 | 7, ALL_ONES, ALL_ONES << 32,
			  ALL_ONES };

	place_plain(&r);
	CHECK_EQ(r.rax >> 32, 0);
	CHECK_EQ(r.rbx >> 32, 0);
	CHECK_EQ(r.rcx >> 32, 0);
	CHECK_EQ(r.rdx >> 32, 0);
}

static void everywhere(void)
{
	if (!hidden) {
		shows_sgx(place_plain);
		shows_sgx(place_prefixed);
		shows_sgx(place_in_loop);
	}
	clears_upper_halves();
}

static void data_is_intact(void)
{
	const volatile uint8_t *p;
	unsigned int sum = 0;

	for (p = place_data; p < place_data_end; p++)
		sum += *p;
	CHECK_EQ(sum, PLACE_DATA_SUM);
	CHECK_EQ(place_immediate(), PLACE_IMMEDIATE);
	CHECK_EQ(place_behind_jump(), PLACE_BEHIND_JUMP);
}

static void trapped(int sig)
{
	(void)sig;
	traps++;
}

static void with_sigtrap_blocked(void)
{
	sigset_t set, old, now;

	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	sigprocmask(SIG_BLOCK, &set, &old);
	everywhere();
	sigprocmask(SIG_SETMASK, &old, &now);
	CHECK(sigismember(&now, SIGTRAP));
}

static void with_a_handler(void)
{
	struct sigaction act = { .sa_handler = trapped }, old;

	sigaction(SIGTRAP, &act, &old);
	everywhere();
	CHECK_EQ(traps, 0);
	__asm__ volatile("int3");
	CHECK_EQ(traps, 1);
	sigaction(SIGTRAP, &old, NULL);
}

static void *in_thread(void *arg)
{
	int i;

	for (i = 0; i < 200; i++)
		everywhere();
	return arg;
}

static void with_threads(void)
{
	pthread_t thread[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, in_thread, NULL), 0);
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}

/* The instruction in memory may be a UD2; in the file it is what it was. */
static void file_is_intact(void)
{
	static uint8_t bytes[1 << 20];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	/* REX.W, cpuid, and the beginning of what stores its result */
	static const uint8_t prefixed[] = { 0x48, 0x0f, 0xa2, 0x48, 0x89 };

	close(fd);
	CHECK(n > 0);
	CHECK(memmem(bytes, (size_t)n, prefixed, sizeof(prefixed)));
}

int main(int argc, char **argv)
{
	check_timeout(40);
	hidden = argc > 1 && !strcmp(argv[1], "hidden");
	check_section("plainly");
	everywhere();
	data_is_intact();
	check_section("SIGTRAP blocked");
	with_sigtrap_blocked();
	check_section("SIGTRAP with a handler");
	with_a_handler();
	check_section("in threads");
	with_threads();
	check_section("in a child");
	CHECK(check_exited_well(check_in_child(everywhere, 20)));
	check_section("the file");
	file_is_intact();
	return check_result();
}
