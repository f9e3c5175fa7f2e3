/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A debugger in the run: it reads and writes a debug enclave's memory by
 * /proc/PID/mem and ptrace(), its own and another process', sets breakpoints
 * in its code and DBGOPTIN in its TCS; of an enclave that is not for debugging
 * it gets EIO.
 *
 * Source: Linux 6.1 sgx/encl.c sgx_vma_access(), fs/proc/base.c mem_rw(); SDM
 * "EDBGRD", "EDBGWR", "INT3 Consideration".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/bare.h"
#include "tests/process/fixture/check.h"

#define TCS_FLAGS 8
#define DBGOPTIN  1ull
#define PATTERN   0x1122334455667788ull

#define PROVES(check, gives) \
	CHECK_ROW("ptrace, /proc/PID/mem of an enclave", SOURCE, check, gives)
#define SOURCE "sgx/encl.c sgx_vma_access(); SDM \"EDBGRD\", \"EDBGWR\""

extern const char move_word[], break_here[], break_next[];

static struct enclave debug = ENCLAVE_NONE, production = ENCLAVE_NONE;

static int open_mem(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		check_fatal("%s: %s", path, strerror(errno));
	return fd;
}

/* Move a word, by code in the enclave. */
static void inside_move(const struct enclave *e, uint64_t from, uint64_t to)
{
	struct enclave_regs regs = { .rsi = from, .rdx = to };
	struct bare_outcome outcome;

	bare_enter(e, 0, BY_ENCLU, move_word, &regs, &outcome);
	CHECK(outcome.left);
}

static uint64_t inside_get(const struct enclave *e, uint64_t at)
{
	uint64_t value = 0;

	inside_move(e, at, (uint64_t)(uintptr_t)&value);
	return value;
}

static void inside_put(const struct enclave *e, uint64_t at, uint64_t value)
{
	inside_move(e, (uint64_t)(uintptr_t)&value, at);
}

static void reads(int mem)
{
	uint64_t data = debug.base + BARE_DATA, got = 0;
	uint8_t bytes[8192], *secret = (uint8_t *)&(uint64_t){ PATTERN };
	struct iovec parts[2] = { { bytes, 3 }, { bytes + 3, 8 } };

	PROVES("/proc/self/mem, DEBUG: read, pread, preadv",
	       "its memory, at any offset and length");
	check_section("reads");
	inside_put(&debug, data, PATTERN);
	inside_put(&debug, data + 4088, PATTERN);
	CHECK_EQ(pread(mem, &got, 8, data), 8);
	CHECK_EQ(got, PATTERN);
	CHECK_EQ(pread(mem, bytes, 3, data + 2), 3);
	CHECK(!memcmp(bytes, secret + 2, 3));
	CHECK_EQ(pread(mem, bytes, 4096, data), 4096);
	CHECK(!memcmp(bytes + 4088, secret, 8));
	CHECK_EQ(lseek(mem, data + 1, SEEK_SET), data + 1);
	CHECK_EQ(read(mem, bytes, 5), 5);
	CHECK(!memcmp(bytes, secret + 1, 5));
	CHECK_EQ(lseek(mem, 0, SEEK_CUR), data + 6);
	/* As much as the first part, at least. */
	CHECK(preadv(mem, parts, 2, data) >= 3);
	CHECK(!memcmp(bytes, secret, 3));
	CHECK_EQ(pread(mem, &got, 0, data), 0);
}

static void writes(int mem)
{
	uint64_t data = debug.base + BARE_DATA, value = ~PATTERN;

	PROVES("/proc/self/mem, DEBUG: write, pwrite",
	       "change it, read-only pages too");
	check_section("writes");
	inside_put(&debug, data, PATTERN);
	CHECK_EQ(pwrite(mem, &value, 8, data), 8);
	CHECK_EQ(inside_get(&debug, data), ~PATTERN);
	value = 0;
	CHECK_EQ(pwrite(mem, &value, 2, data + 3), 2);
	CHECK_EQ(inside_get(&debug, data), ~PATTERN & ~0xffff000000ull);
	CHECK_EQ(lseek(mem, data + 8, SEEK_SET), data + 8);
	value = PATTERN;
	CHECK_EQ(write(mem, &value, 8), 8);
	CHECK_EQ(inside_get(&debug, data + 8), PATTERN);
	CHECK_EQ(lseek(mem, 0, SEEK_CUR), data + 16);
	/* Read-only to the enclave, not to its debugger. */
	CHECK_EQ(pwrite(mem, &value, 8, debug.base + BARE_CONST), 8);
	CHECK_EQ(inside_get(&debug, debug.base + BARE_CONST), PATTERN);
}

/* Pages that nobody has touched, holes, the program's own memory. */
static void ranges(int mem)
{
	uint64_t base = debug.base;
	static uint8_t bytes[3 * 4096], own[3 * 4096] = { 0x5a };
	void *volatile nowhere = (void *)16;
	struct tcs *tcs = (struct tcs *)bytes;

	PROVES("over the end of its pages, and of its memory",
	       "as far as there is any; nothing: EIO");
	PROVES("a TCS", "is read up to its reserved part; there EIO");
	check_section("ranges");
	CHECK_EQ(pread(mem, bytes, 4096, base + BARE_THREADS + 3 * 4096), 4096);
	/* Over the end, to what only reserves ELRANGE, and back. */
	CHECK_EQ(pread(mem, bytes, 8192, base + BARE_DATA), 8192);
	CHECK_EQ(*(uint64_t *)(bytes + 4088), PATTERN);
	CHECK_EQ(munmap((void *)(uintptr_t)(base + BARE_END), 4096), 0);
	CHECK_EQ(pread(mem, bytes, 64, base + BARE_END), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(pread(mem, bytes, 8192, base + BARE_DATA), 4096);
	CHECK_EQ(pread(mem, bytes, 1, (uint64_t)(uintptr_t)own), 1);
	CHECK_EQ(bytes[0], 0x5a);
	CHECK_EQ(pread(mem, nowhere, 8, base + BARE_DATA), -1);
	CHECK_EQ(errno, EFAULT);
	/* A TCS can be read up to its limit. */
	CHECK_EQ(pread(mem, bytes, 72, base), 72);
	CHECK_EQ(tcs->ossa, BARE_THREADS);
	CHECK_EQ(tcs->fslimit, UINT32_MAX);
	CHECK_EQ(pread(mem, bytes, 8, base + 72), -1);
	CHECK_EQ(errno, EIO);
}

/* Of a TCS only FLAGS can be written. */
static void set_opt_in(int mem, bool on)
{
	uint64_t flags = on ? DBGOPTIN : 0;

	CHECK_EQ(pwrite(mem, &flags, 8, debug.base + TCS_FLAGS), 8);
}

static void tcs_writes(int mem)
{
	uint64_t value = 0;

	PROVES("a write to a TCS", "EIO; FLAGS can be written");
	check_section("TCS");
	CHECK_EQ(pwrite(mem, &value, 8, debug.base), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(pwrite(mem, &value, 8, debug.base + 16), -1);
	CHECK_EQ(errno, EIO);
	set_opt_in(mem, true);
	CHECK_EQ(pread(mem, &value, 8, debug.base + TCS_FLAGS), 8);
	CHECK_EQ(value, DBGOPTIN);
	set_opt_in(mem, false);
}

/* INT3 in the code: #BP for who has opted in, else #UD; both before it. */
static void breakpoint(int mem, bool opted_in)
{
	uint64_t reached = 0, at = bare_at(&debug, break_here);
	struct enclave_regs regs = { .rdx = (uint64_t)(uintptr_t)&reached };
	struct bare_outcome outcome;
	struct bare_frame frame;
	uint8_t int3 = 0xcc, nop;

	PROVES("INT3 is written into its code",
	       "DBGOPTIN 1: #BP, 0: #UD; RIP before it");
	check_section(opted_in ? "INT3, opted in" : "INT3, not opted in");
	set_opt_in(mem, opted_in);
	CHECK_EQ(pread(mem, &nop, 1, at), 1);
	CHECK_EQ(nop, 0x90);
	CHECK_EQ(pwrite(mem, &int3, 1, at), 1);
	bare_enter(&debug, 0, BY_ENCLU, break_here, &regs, &outcome);
	CHECK(!outcome.left);
	bare_check_exception(&debug, 0, BY_ENCLU, &outcome, opted_in ? 3 : 6, 0,
			     0);
	bare_look(&debug, 0, &frame);
	CHECK_EQ(frame.gpr.rip, at);
	CHECK_EQ(reached, 0);
	CHECK_EQ(pwrite(mem, &nop, 1, at), 1);
	bare_enter(&debug, 0, BY_ENCLU, NULL, NULL, &outcome);
	CHECK(outcome.left);
	CHECK_EQ(reached, 1);
	set_opt_in(mem, false);
}

/* #BP is not the vDSO's to report, #UD is. */
static void breakpoint_vdso(int mem)
{
	uint64_t reached = 0, at = bare_at(&debug, break_here);
	struct enclave_regs regs = { .rdx = (uint64_t)(uintptr_t)&reached };
	struct bare_outcome outcome;
	uint8_t int3 = 0xcc, nop = 0x90;

	check_section("INT3, not opted in, vDSO");
	CHECK_EQ(pwrite(mem, &int3, 1, at), 1);
	bare_enter(&debug, 0, BY_VDSO, break_here, &regs, &outcome);
	CHECK(!outcome.left);
	CHECK_EQ(outcome.run.exception_vector, 6);
	CHECK_EQ(pwrite(mem, &nop, 1, at), 1);
	bare_finish(&debug, 0, BY_VDSO);
}

static void refused(int mem)
{
	uint64_t data = production.base + BARE_DATA, value = 0;

	PROVES("an enclave without DEBUG", "EIO, nothing read or written");
	check_section("not for debugging");
	inside_put(&production, data, PATTERN);
	CHECK_EQ(pread(mem, &value, 8, data), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(pwrite(mem, &value, 8, data), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(value, 0);
	CHECK_EQ(inside_get(&production, data), PATTERN);
	/* What lies before it can be had. */
	CHECK_EQ(pread(mem, &value, 8, production.base), -1);
	CHECK_EQ(errno, EIO);
}

/* Enclaves cannot be pinned, whether for debugging or not. */
static void by_vector(pid_t pid)
{
	uint8_t bytes[8192];
	static uint8_t own[64];
	struct iovec local = { bytes, sizeof(bytes) };
	struct iovec remote[2] = {
		{ own, sizeof(own) },
		{ (void *)(uintptr_t)(debug.base + BARE_DATA), 64 },
	};

	PROVES("process_vm_readv, process_vm_writev",
	       "EFAULT; what comes before it is read");
	check_section("process_vm_readv");
	CHECK_EQ(process_vm_readv(pid, &local, 1, remote, 2, 0), 64);
	CHECK_FAILS(process_vm_readv(pid, &local, 1, remote + 1, 1, 0), EFAULT);
	CHECK_FAILS(process_vm_writev(pid, &local, 1, remote + 1, 1, 0),
		    EFAULT);
	CHECK_EQ(process_vm_readv(pid, &local, 1, remote, 1, 0), 64);
	remote[0].iov_base = (uint8_t *)(uintptr_t)debug.base - 16;
	CHECK_FAILS(process_vm_readv(pid, &local, 1, remote, 1, 0), EFAULT);
}

/* The child: has both enclaves by fork(); waits, then tells what it finds. */
static int child(int in, int out)
{
	uint64_t values[2];
	char go;

	if (read(in, &go, 1) != 1)
		return 1;
	values[0] = inside_get(&debug, debug.base + BARE_DATA);
	values[1] = inside_get(&production, production.base + BARE_DATA);
	return write(out, values, sizeof(values)) != sizeof(values);
}

static void peek_and_poke(pid_t pid)
{
	void *data = (void *)(uintptr_t)(debug.base + BARE_DATA);
	void *odd = (uint8_t *)data + 3;
	void *secret = (void *)(uintptr_t)(production.base + BARE_DATA);
	static uint64_t own = PATTERN;

	PROVES("PTRACE_PEEKDATA, PTRACE_POKEDATA of another process",
	       "a word, at any address; without DEBUG EIO");
	check_section("ptrace");
	errno = 0;
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, data, NULL), PATTERN);
	CHECK_EQ(ptrace(PTRACE_PEEKTEXT, pid, odd, NULL),
		 PATTERN >> 24 | PATTERN << 40);
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, &own, NULL), PATTERN);
	CHECK_EQ(errno, 0);
	CHECK_EQ(ptrace(PTRACE_POKEDATA, pid, data, ~PATTERN), 0);
	CHECK_EQ(ptrace(PTRACE_PEEKDATA, pid, data, NULL), ~PATTERN);
	CHECK_FAILS(ptrace(PTRACE_PEEKDATA, pid, secret, NULL), EIO);
	CHECK_FAILS(ptrace(PTRACE_POKEDATA, pid, secret, 1), EIO);
	CHECK_FAILS(ptrace(PTRACE_POKEDATA, pid, (void *)16, 1), EIO);
}

static void by_proc(pid_t pid)
{
	uint64_t data = debug.base + BARE_DATA, value = 0;
	int mem = open_mem(pid);

	PROVES("/proc/PID/mem of another process",
	       "as one's own; without DEBUG EIO");
	check_section("/proc/PID/mem");
	CHECK_EQ(pread(mem, &value, 8, data), 8);
	CHECK_EQ(value, ~PATTERN);
	value = 4711;
	CHECK_EQ(pwrite(mem, &value, 8, data), 8);
	CHECK_FAILS(pread(mem, &value, 8, production.base + BARE_DATA), EIO);
	close(mem);
}

static void another_process(void)
{
	uint64_t values[2] = { 0, 0 };
	int go[2], done[2], status;
	pid_t pid;

	check_section("another process");
	inside_put(&debug, debug.base + BARE_DATA, PATTERN);
	if (pipe(go) || pipe(done))
		check_fatal("pipe");
	pid = fork();
	if (!pid)
		_exit(child(go[0], done[1]));
	PROVES("a process that is not traced", "ESRCH");
	CHECK_FAILS(ptrace(PTRACE_PEEKDATA, pid,
			   (void *)(uintptr_t)(debug.base + BARE_DATA), NULL),
		    ESRCH);
	CHECK_EQ(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	CHECK_EQ(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	peek_and_poke(pid);
	by_proc(pid);
	by_vector(pid);
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(read(done[0], values, sizeof(values)), sizeof(values));
	CHECK_EQ(values[0], 4711);
	CHECK_EQ(values[1], PATTERN);
	CHECK(check_exited_well(check_wait(pid)));
}

int main(void)
{
	struct enclave_options options = { .miscselect = MISCSELECT_EXINFO };
	int mem;

	check_timeout(40);
	bare_build(&production, &options);
	options.debug = true;
	bare_build(&debug, &options);
	bare_handle_signals();
	mem = open_mem(getpid());
	reads(mem);
	writes(mem);
	ranges(mem);
	tcs_writes(mem);
	breakpoint(mem, false);
	breakpoint(mem, true);
	if (enclave_vdso())
		breakpoint_vdso(mem);
	refused(mem);
	by_vector(getpid());
	another_process();
	check_all_rows();
	return check_result();
}
