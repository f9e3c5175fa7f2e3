/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls that are given enclave memory: what they read is ones, what they
 * write is lost, and they are otherwise as ever: counts, errors, registers,
 * interruption by signals, restarting.
 *
 * Source: SDM "Access-control Requirements"; Linux copy_from_user(), signal(7)
 * "Interruption of system calls and library functions by signal handlers".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "examples/lib/sgx_abi.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SUBJECT "the abort page"
#define SOURCE  "SDM \"Access-control Requirements\""

static struct enclave enclave = ENCLAVE_NONE;
static char *secret; /* of the enclave: 8 bytes and more */
static char *code;   /* pages of code */

static uint64_t ask(enum enclave_op op, uint64_t value)
{
	struct request r = { .op = op, .value = value };

	CHECK(victim_call(&enclave, 0, BY_ENCLU, &r));
	return r.value;
}

/* Neither the values nor their meaning change for the program. */
static void registers_stay(void)
{
	register uint64_t r10 __asm__("r10");
	register uint64_t r8 __asm__("r8");
	register uint64_t r9 __asm__("r9");
	int fd = memfd_create("registers", 0);
	uint64_t rdi, rsi, rdx, high[3];
	int64_t rax;

	check_section("registers");
	r10 = 0x1010;
	r8 = 0x0808;
	r9 = (uint64_t)secret;
	__asm__ volatile("syscall"
			 : "=a"(rax), "=D"(rdi), "=S"(rsi), "=d"(rdx),
			   "+r"(r10), "+r"(r8), "+r"(r9)
			 : "0"(SYS_write), "1"(fd), "2"(secret), "3"(5)
			 : "rcx", "r11", "memory");
	high[0] = r8;
	high[1] = r9;
	high[2] = r10;
	CHECK_EQ(rax, 5);
	CHECK_EQ(rdi, fd);
	CHECK_EQ(rsi, (uint64_t)secret);
	CHECK_EQ(rdx, 5);
	CHECK_EQ(high[2], 0x1010);
	CHECK_EQ(high[0], 0x0808);
	CHECK_EQ(high[1], (uint64_t)secret);
	close(fd);
}

static void many_bytes(void)
{
	static uint8_t got[0x10000];
	int fd = memfd_create("many", 0);
	ssize_t n = write(fd, code, 1 << 20);
	ssize_t i = 0;

	CHECK_DEVIATES(SUBJECT, SOURCE, "a large buffer of a system call",
		       "less is transferred", "DP27");
	check_section("many bytes");
	CHECK(n > 4096 && n <= 1 << 20);
	n = pread(fd, got, sizeof(got), 0);
	CHECK(n > 4096);
	while (i < n && got[i] == 0xff)
		i++;
	CHECK_EQ(i, n);
	close(fd);
}

static void several_kinds(void)
{
	struct stat *st = (void *)secret;
	int fd = memfd_create("kinds", 0);

	CHECK_ROW(SUBJECT, SOURCE, "what a system call reads", "ones");
	CHECK_ROW(SUBJECT, SOURCE, "what a system call writes", "is lost");
	check_section("several kinds");
	ask(OP_STORE, 0x1234);
	CHECK_EQ(getrandom(secret, 8, 0), 8);
	CHECK_EQ(syscall(SYS_fstatfs, fd, secret), 0);
	CHECK_EQ(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, secret), 0);
	CHECK_EQ(syscall(SYS_uname, secret), 0);
	CHECK_EQ(ask(OP_LOAD, 0), 0x1234);
	CHECK_FAILS(syscall(SYS_nanosleep, secret, NULL), EINVAL);
	CHECK_FAILS(mkdir(secret, 0700), ENAMETOOLONG);
	CHECK_FAILS(link(secret, secret), ENAMETOOLONG);
	CHECK_FAILS(syscall(SYS_futex, secret, FUTEX_WAIT, 0, NULL), EAGAIN);
	/* a structure of the driver's */
	CHECK_FAILS(syscall(SYS_ioctl, enclave.fd, SGX_IOC_ENCLAVE_ADD_PAGES,
			    secret),
		    EINVAL);
	CHECK_FAILS(write(-1, secret, 8), EBADF);
	CHECK_EQ(st->st_size, -1);
	close(fd);
}

/* What acts on the addresses does so. */
static void of_the_mapping(void)
{
	unsigned char resident;

	check_section("of the mapping");
	CHECK_EQ(madvise((void *)((uint64_t)secret & ~4095ul), 4096,
			 MADV_NORMAL),
		 0);
	CHECK_EQ(mincore((void *)((uint64_t)secret & ~4095ul), 4096, &resident),
		 0);
	CHECK_EQ(mprotect((void *)((uint64_t)secret & ~4095ul), 4096,
			  PROT_READ),
		 0);
	CHECK_EQ(mprotect((void *)((uint64_t)secret & ~4095ul), 4096,
			  PROT_READ | PROT_WRITE),
		 0);
	ask(OP_STORE, 0x77);
	CHECK_EQ(ask(OP_LOAD, 0), 0x77);
}

static int pipes[2];
static volatile sig_atomic_t signals;
static pthread_t reader;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
	if (signals == 1) /* read() on the same memory, within read() */
		CHECK_FAILS(write(-1, secret, 8), EBADF);
}

static void *poke(void *arg)
{
	bool restart = arg != NULL;
	struct timespec pause = { 0, 20000000 };

	for (int i = 0; i < 5 && (restart || !signals); i++) {
		nanosleep(&pause, NULL);
		pthread_kill(reader, SIGUSR1);
	}
	if (restart)
		CHECK_EQ(write(pipes[1], "123456", 6), 6);
	return NULL;
}

static void interrupted(bool restart)
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = restart ? SA_RESTART : 0 };
	pthread_t thread;
	ssize_t n;

	CHECK_ROW(SUBJECT, SOURCE, "a signal interrupts such a call",
		  "EINTR, or it is restarted");
	check_section(restart ? "restarted" : "interrupted");
	signals = 0;
	reader = pthread_self();
	CHECK_EQ(pipe(pipes), 0);
	sigaction(SIGUSR1, &sa, NULL);
	ask(OP_STORE, 0x4321);
	CHECK_EQ(pthread_create(&thread, NULL, poke, restart ? &sa : NULL), 0);
	n = read(pipes[0], secret, 6);
	if (restart)
		CHECK_EQ(n, 6);
	else
		CHECK_FAILS(n, EINTR);
	pthread_join(thread, NULL);
	CHECK(signals >= 1);
	CHECK_EQ(ask(OP_LOAD, 0), 0x4321);
	close(pipes[0]);
	close(pipes[1]);
}

/* A child shares the enclave, and sees as little of it. */
static void after_fork(void)
{
	int status;
	pid_t pid;

	check_section("after fork");
	ask(OP_STORE, 0x5555);
	pid = fork();
	if (pid == 0) {
		check_restart();
		check_timeout(20);
		CHECK_EQ(*(volatile uint64_t *)secret, ~0ull);
		many_bytes();
		CHECK_EQ(ask(OP_LOAD, 0), 0x5555);
		CHECK_EQ(*(volatile uint64_t *)secret, ~0ull);
		_exit(check_failures() != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(ask(OP_LOAD, 0), 0x5555);
}

/* If there is a key for the EPC, it is not the program's to give back. */
static void keys(void)
{
	int key = (int)syscall(SYS_pkey_alloc, 0, 0);

	CHECK_DEVIATES(SUBJECT, SOURCE, "pkey_free() of the EPC's key",
		       "EINVAL", "DP26");
	check_section("keys");
	if (key >= 0)
		CHECK_EQ(syscall(SYS_pkey_free, key), 0);
	for (int i = 1; i < 16; i++)
		CHECK_FAILS(syscall(SYS_pkey_free, i), EINVAL);
	CHECK_EQ(*(volatile uint64_t *)secret, ~0ull);
}

int main(void)
{
	struct request where = { .op = OP_ADDRESSES };

	check_timeout(50);
	victim_build(&enclave);
	CHECK(victim_call(&enclave, 0, BY_ENCLU, &where));
	secret = (char *)where.addr;
	code = (char *)where.count;
	registers_stay();
	many_bytes();
	several_kinds();
	of_the_mapping();
	interrupted(false);
	interrupted(true);
	keys();
	after_fork();
	check_all_rows();
	enclave_destroy(&enclave);
	return check_result();
}
