/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of a program that has nothing to do with SGX: what its handlers are
 * told, how it dies without one, and a seccomp filter of its own.  Must pass
 * natively too.
 */
#define _GNU_SOURCE
#include "tests/process/fixture/check.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static struct {
	volatile int count, sig, code;
	void *volatile addr;
	volatile greg_t rip, trapno, err, cr2;
} seen;

static sigjmp_buf way_out;
static char *volatile nowhere = (char *)8;

/* si_code of a SIGSYS from seccomp(2); this libc does not name it. */
#define SI_CODE_SECCOMP 1

extern const char ud2_here[], ud2_after[], int3_after[];

__attribute__((noinline)) static void run_ud2(void)
{
	__asm__ volatile(".globl ud2_here, ud2_after\n"
			 "ud2_here: ud2\n"
			 "ud2_after:" ::
				 : "memory");
}

__attribute__((noinline)) static void run_int3(void)
{
	__asm__ volatile(".globl int3_after\n"
			 "int3\n"
			 "int3_after:" ::
				 : "memory");
}

__attribute__((noinline)) static void divide_by_zero(void)
{
	__asm__ volatile("xor %%ecx, %%ecx\n"
			 "mov $1, %%eax\n"
			 "xor %%edx, %%edx\n"
			 "div %%ecx" ::
				 : "eax", "ecx", "edx", "cc");
}

static void note(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	seen.count++;
	seen.sig = sig;
	seen.code = info->si_code;
	seen.addr = info->si_addr;
	seen.rip = regs[REG_RIP];
	seen.trapno = regs[REG_TRAPNO];
	seen.err = regs[REG_ERR];
	seen.cr2 = regs[REG_CR2];
}

static void note_and_skip(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	note(sig, info, context);
	if (sig == SIGILL || sig == SIGFPE)
		regs[REG_RIP] += 2;
}

static void note_and_jump(int sig, siginfo_t *info, void *context)
{
	note(sig, info, context);
	siglongjmp(way_out, sig);
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_sigaction = handler,
				.sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
	memset(&seen, 0, sizeof(seen));
}

static void illegal_instruction(void)
{
	check_section("ud2");
	handle(SIGILL, note_and_skip);
	run_ud2();
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.code, ILL_ILLOPN);
	CHECK(seen.addr == ud2_here);
	CHECK_EQ(seen.rip, (uintptr_t)ud2_here);
	CHECK_EQ(seen.trapno, 6);
	CHECK_EQ(seen.err, 0);
	run_ud2();
	CHECK_EQ(seen.count, 2);
}

static void breakpoint(void)
{
	check_section("int3");
	handle(SIGTRAP, note_and_skip);
	run_int3();
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.code, SI_KERNEL);
	CHECK_EQ(seen.rip, (uintptr_t)int3_after);
	CHECK_EQ(seen.trapno, 3);
}

static void division(void)
{
	check_section("division by zero");
	handle(SIGFPE, note_and_skip);
	divide_by_zero();
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.code, FPE_INTDIV);
	CHECK_EQ(seen.trapno, 0);
	CHECK_EQ((uintptr_t)seen.addr, seen.rip);
}

static void touch(volatile char *p, bool write)
{
	if (write)
		*p = 1;
	else
		(void)*p;
}

static void expect_segv(char *p, bool write, int code, greg_t err)
{
	handle(SIGSEGV, note_and_jump);
	if (!sigsetjmp(way_out, 1)) {
		touch(p, write);
		CHECK(!"reached");
	}
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.code, code);
	CHECK(seen.addr == p);
	CHECK_EQ(seen.trapno, 14);
	CHECK_EQ(seen.cr2, (uintptr_t)p);
	CHECK_EQ(seen.err, err);
}

static void page_faults(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check_section("page faults");
	if (page == MAP_FAILED)
		check_fatal("mmap");
	page[0] = 1;
	CHECK_EQ(mprotect(page, 4096, PROT_READ), 0);
	expect_segv(page + 5, true, SEGV_ACCERR, 7);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	expect_segv(page + 6, false, SEGV_ACCERR, 4);
	CHECK_EQ(munmap(page, 8192), 0);
	expect_segv(page + 7, false, SEGV_MAPERR, 4);
	expect_segv(page + 8, true, SEGV_MAPERR, 6);
}

static void general_protection(void)
{
	check_section("general protection");
	handle(SIGSEGV, note_and_jump);
	if (!sigsetjmp(way_out, 1))
		__asm__ volatile("hlt");
	CHECK_EQ(seen.code, SI_KERNEL);
	CHECK(seen.addr == NULL);
	CHECK_EQ(seen.trapno, 13);
}

static void beyond_end_of_file(void)
{
	FILE *file = tmpfile();
	char *page;

	check_section("beyond the end of a file");
	if (!file)
		check_fatal("tmpfile");
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
	handle(SIGBUS, note_and_jump);
	if (!sigsetjmp(way_out, 1))
		touch(page, false);
	CHECK_EQ(seen.sig, SIGBUS);
	CHECK_EQ(seen.code, BUS_ADRERR);
	CHECK(seen.addr == page);
	munmap(page, 4096);
	fclose(file);
}

static void no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
}

static void die_of_segv(void)
{
	no_core();
	touch(nowhere, true);
}

static void die_of_ill(void)
{
	no_core();
	run_ud2();
}

static void die_of_trap(void)
{
	no_core();
	run_int3();
}

static void die_of_fpe(void)
{
	no_core();
	divide_by_zero();
}

static void block_all(void)
{
	sigset_t all;

	no_core();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

/* A blocked or ignored fault kills: Linux force_sig_info_to_task(). */
static void die_blocked_ill(void)
{
	block_all();
	handle(SIGILL, note_and_skip);
	run_ud2();
}

static void die_blocked_segv(void)
{
	block_all();
	handle(SIGSEGV, note);
	touch(nowhere, true);
}

static void die_ignoring_segv(void)
{
	no_core();
	signal(SIGSEGV, SIG_IGN);
	touch(nowhere, false);
}

static void die_of_abort(void)
{
	no_core();
	abort();
}

static void die_of_raise(void)
{
	no_core();
	raise(SIGSYS);
}

static void deaths(void)
{
	static const struct {
		void (*body)(void);
		int sig;
	} cases[] = {
		{ die_of_segv, SIGSEGV },       { die_of_ill, SIGILL },
		{ die_of_trap, SIGTRAP },       { die_of_fpe, SIGFPE },
		{ die_blocked_ill, SIGILL },    { die_blocked_segv, SIGSEGV },
		{ die_ignoring_segv, SIGSEGV }, { die_of_abort, SIGABRT },
		{ die_of_raise, SIGSYS },
	};

	check_section("death by signal");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = check_in_child(cases[i].body, 10);

		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), cases[i].sig);
	}
}

static volatile int filtered_call;

static void answer_filtered_call(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	note(sig, info, context);
	filtered_call = info->si_syscall;
	regs[REG_RAX] = 12345;
}

static void install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 7),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* The program's own filter, and its own handler for it. */
static void own_filter(void)
{
	check_section("a seccomp filter of the program's own");
	install_filter();
	handle(SIGSYS, answer_filtered_call);
	CHECK_EQ(syscall(SYS_getppid), 12345);
	CHECK_EQ(seen.count, 1);
	CHECK_EQ(seen.code, SI_CODE_SECCOMP);
	CHECK_EQ(filtered_call, SYS_getppid);
	CHECK_FAILS(getpgid(0), EXDEV);
	CHECK(getpid() > 0);
}

int main(void)
{
	check_timeout(40);
	illegal_instruction();
	breakpoint();
	division();
	page_faults();
	general_protection();
	beyond_end_of_file();
	deaths();
	check_section("a seccomp filter of the program's own");
	CHECK(check_exited_well(check_in_child(own_filter, 10)));
	return check_result();
}
