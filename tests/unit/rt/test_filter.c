/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every filter of the runtime, run over every system call, with arguments at
 * the edges of what it asks for, from every place where a call may be made.
 */
#include "tests/conform/conform.h"

#include <asm/unistd_64.h>
#include <linux/audit.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf.h"
#include "process/ctl.h"
#include "process/rt/base/log.h"
#include "process/rt/filter/filter.h"
#include "process/rt/filter/program.h"

#define LAST_CALL 600 /* more than Linux has */
#define X32       0x40000000u
#define PROGRAM   0x400000ull /* code of the program */
#define TRAP      (SECCOMP_RET_TRAP | RT_FILTER_DATA)
#define ALLOW     SECCOMP_RET_ALLOW
#define PAST_END  UINT32_MAX

void rt_panic(const char *format, ...)
{
	fputs(format, stderr);
	abort();
}

static struct program program;

static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	return bpf_run(program.insn, program.len, data, &a);
}

static struct seccomp_data call(unsigned int nr)
{
	return (struct seccomp_data){ .nr = (int)nr,
				      .arch = AUDIT_ARCH_X86_64,
				      .instruction_pointer = PROGRAM };
}

static uint32_t judge(unsigned int nr, unsigned int arg, uint64_t value)
{
	struct seccomp_data data = call(nr);

	data.args[arg] = value;
	return run(&data);
}

/* What is asked for by number alone. */
static bool is_one_of(unsigned int nr, const uint16_t *calls)
{
	for (; *calls != UINT16_MAX; calls++)
		if (*calls == nr)
			return true;
	return false;
}

static void by_number(const uint16_t *always, const uint16_t *sometimes)
{
	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		struct seccomp_data data = call(nr);

		if (is_one_of(nr, sometimes))
			continue;
		for (int fill = 0; fill < 2; fill++) {
			for (int i = 0; i < 6; i++)
				data.args[i] = fill ? ~0ull : 0;
			if (run(&data) !=
			    (is_one_of(nr, always) ? TRAP : ALLOW))
				print_error("system call %u\n", nr);
			assert_int_equal(run(&data),
					 is_one_of(nr, always) ? TRAP : ALLOW);
		}
	}
}

/*
 * The kernel runs no filter for calls of which it finds that they pass, if that
 * is said by architecture and number: Linux 6.1 seccomp_is_const_allow().
 */
static void by_number_alone(const uint16_t *asked)
{
	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		struct seccomp_data data = call(nr);

		if (run(&data) == ALLOW && !is_one_of(nr, asked))
			assert_true(bpf_is_constant(program.insn, program.len,
						    &data));
	}
}

/* Calls of another ABI, and those of the runtime itself, pass. */
static void others_pass(void)
{
	static const uint64_t own[] = { RT_BASE, RT_BASE + 1,
					RT_BASE + RT_DOOR_SPAN,
					RT_BASE + RT_CODE_SPAN - 1 };
	static const uint64_t foreign[] = {
		RT_BASE - 1,
		RT_BASE + RT_CODE_SPAN,
		0,
		~0ull,
		(RT_BASE & UINT32_MAX) + 0x1000,
		RT_BASE + (1ull << 32),
		RT_BASE - (1ull << 32),
	};

	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		struct seccomp_data data = call(nr);
		uint32_t verdict = run(&data);

		data.arch = AUDIT_ARCH_I386;
		assert_int_equal(run(&data), ALLOW);
		data.arch = AUDIT_ARCH_X86_64;
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
			data.instruction_pointer = own[i];
			assert_int_equal(run(&data), ALLOW);
		}
		for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]);
		     i++) {
			data.instruction_pointer = foreign[i];
			assert_int_equal(run(&data), verdict);
		}
		data = call(nr | X32);
		assert_int_equal(run(&data), ALLOW);
	}
}

static void waits(unsigned int nr, unsigned int arg)
{
	for (unsigned int i = 0; i < 6; i++) {
		if (i == arg)
			continue;
		assert_int_equal(judge(nr, i, ~0ull), ALLOW);
	}
	assert_int_equal(judge(nr, arg, 0), ALLOW);
	assert_int_equal(judge(nr, arg, 1), TRAP);
	assert_int_equal(judge(nr, arg, 0xffffffff), TRAP);
	assert_int_equal(judge(nr, arg, 1ull << 32), TRAP);
	assert_int_equal(judge(nr, arg, 1ull << 63), TRAP);
}

/* What else the filter has does not change what is said of other calls. */
static void parts_are_apart(void **state)
{
	static struct program alone;
	uint32_t a = 0;

	(void)state;
	alone.len = program.len = 0;
	program_base(&alone, 0);
	program_base(&program, RT_FILTER_KNOCK | RT_FILTER_CPUID);
	for (unsigned int nr = 0; nr < LAST_CALL; nr++)
		for (unsigned int arg = 0; arg < 6 && nr != __NR_mmap; arg++)
			for (unsigned int bit = 0; bit < 64; bit++) {
				struct seccomp_data data = call(nr);

				data.args[arg] = 1ull << bit;
				assert_int_equal(run(&data),
						 bpf_run(alone.insn, alone.len,
							 &data, &a));
			}
	for (unsigned int option = 0; option < 0x200; option++)
		assert_int_equal(judge(__NR_prctl, 0, option),
				 option == PR_SET_SECCOMP ? TRAP : ALLOW);
}

static void base(void **state)
{
	/* clang-format off */
	static const uint16_t always[] = {
		__NR_open, __NR_openat, __NR_openat2, __NR_stat, __NR_lstat,
		__NR_newfstatat, __NR_statx, __NR_access, __NR_faccessat,
		__NR_faccessat2, __NR_rt_sigaction, __NR_rt_sigprocmask,
		__NR_rt_sigreturn, __NR_rt_sigpending, __NR_rt_sigtimedwait,
		__NR_sigaltstack, __NR_execve, __NR_execveat,
		__NR_process_vm_readv, __NR_process_vm_writev, __NR_chmod,
		__NR_fchmodat, 452 /* fchmodat2 */, __NR_chown, __NR_lchown,
		__NR_fchownat, __NR_getdents64, __NR_clone3, __NR_seccomp,
		UINT16_MAX,
	};
	/* clang-format on */
	static const uint16_t sometimes[] = {
		__NR_rt_sigsuspend, __NR_ppoll,        __NR_pselect6,
		__NR_epoll_pwait,   __NR_epoll_pwait2, __NR_ptrace,
		__NR_connect,       __NR_prctl,        __NR_ioctl,
		UINT16_MAX,
	};

	(void)state;
	program.len = 0;
	program_base(&program, 0);
	by_number(always, sometimes);
	by_number_alone(sometimes);
	others_pass();
	waits(__NR_rt_sigsuspend, 0);
	waits(__NR_ppoll, 3);
	waits(__NR_pselect6, 5);
	waits(__NR_epoll_pwait, 4);
	waits(__NR_epoll_pwait2, 4);
}

static void base_ptrace(void **state)
{
	static const uint16_t trapped[] = {
		PTRACE_TRACEME,    PTRACE_PEEKTEXT,          PTRACE_PEEKDATA,
		PTRACE_POKETEXT,   PTRACE_POKEDATA,          PTRACE_CONT,
		PTRACE_SINGLESTEP, PTRACE_SINGLEBLOCK,       PTRACE_SYSCALL,
		PTRACE_SYSEMU,     PTRACE_SYSEMU_SINGLESTEP, PTRACE_DETACH,
		UINT16_MAX,
	};

	(void)state;
	program.len = 0;
	program_base(&program, 0);
	for (unsigned int request = 0; request < 0x5000; request++)
		assert_int_equal(judge(__NR_ptrace, 0, request),
				 is_one_of(request, trapped) ? TRAP : ALLOW);
}

static void base_prctl_and_ioctl(void **state)
{
	(void)state;
	program.len = 0;
	program_base(&program, 0);
	for (unsigned int option = 0; option < 0x200; option++)
		assert_int_equal(judge(__NR_prctl, 0, option),
				 option == PR_SET_SECCOMP ? TRAP : ALLOW);
	for (unsigned int type = 0; type < 0x100; type++) {
		uint32_t want = type == 0xa4 ? TRAP : ALLOW;

		assert_int_equal(judge(__NR_ioctl, 1, type << 8), want);
		assert_int_equal(judge(__NR_ioctl, 1, 0xffff00ffu | type << 8),
				 want);
	}
}

/* Names at least as long as AESM's shortest; IPv4 addresses are shorter. */
static void base_connect(void **state)
{
	(void)state;
	program.len = 0;
	program_base(&program, RT_FILTER_CPUID | RT_FILTER_KNOCK);
	for (unsigned int size = 0; size < 200; size++)
		assert_int_equal(judge(__NR_connect, 2, size),
				 size >= 23 ? TRAP : ALLOW);
	assert_int_equal(judge(__NR_connect, 2, 0xffffffff00000010), ALLOW);
}

static void mm(void **state)
{
	static const uint16_t always[] = {
		__NR_munmap,    __NR_mprotect, __NR_pkey_mprotect, __NR_mremap,
		__NR_mlock,     __NR_mlock2,   __NR_mlockall,      __NR_fstat,
		__NR_pkey_free, __NR_vfork,    __NR_modify_ldt,    UINT16_MAX,
	};
	static const uint16_t sometimes[] = { __NR_mmap, __NR_madvise,
					      __NR_clone, UINT16_MAX };

	(void)state;
	program.len = 0;
	program_mm(&program);
	by_number(always, sometimes);
	by_number_alone(sometimes);
	others_pass();
}

/* Whatever else is asked for, a child that shares memory traps. */
static void mm_clone(void **state)
{
	(void)state;
	program.len = 0;
	program_mm(&program);
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t flags = 1ull << bit;

		assert_int_equal(judge(__NR_clone, 0, flags),
				 flags == CLONE_VM ? TRAP : ALLOW);
		assert_int_equal(judge(__NR_clone, 0, flags | CLONE_VM), TRAP);
		assert_int_equal(judge(__NR_clone, 0, ~flags & ~CLONE_VM),
				 ALLOW);
	}
}

static void mm_mmap(void **state)
{
	struct seccomp_data data = call(__NR_mmap);

	(void)state;
	program.len = 0;
	program_mm(&program);
	for (uint32_t flags = 0; flags < 0x100; flags++) {
		bool harmless = (flags & (MAP_ANONYMOUS | MAP_FIXED)) ==
				MAP_ANONYMOUS;

		data.args[3] = flags;
		data.args[0] = 0;
		assert_int_equal(run(&data), harmless ? ALLOW : TRAP);
		/* the injector's */
		data.args[0] = RT_BASE + 0x123000;
		assert_int_equal(run(&data), ALLOW);
		data.args[0] = RT_BASE + (1ull << 32);
		assert_int_equal(run(&data), harmless ? ALLOW : TRAP);
	}
}

static void mm_madvise(void **state)
{
	static const uint16_t harmful[] = {
		MADV_DONTNEED, MADV_REMOVE, MADV_FREE,       MADV_DOFORK,
		MADV_DONTFORK, MADV_DODUMP, MADV_WIPEONFORK, MADV_COLD,
		MADV_PAGEOUT,  UINT16_MAX,
	};

	(void)state;
	program.len = 0;
	program_mm(&program);
	for (unsigned int advice = 0; advice < 0x200; advice++)
		assert_int_equal(judge(__NR_madvise, 2, advice),
				 is_one_of(advice, harmful) ? TRAP : ALLOW);
}

static void cpuid(void **state)
{
	struct seccomp_data data = call(__NR_mmap);

	(void)state;
	program.len = 0;
	program_base(&program, RT_FILTER_CPUID);
	others_pass();
	for (uint32_t prot = 0; prot < 8; prot++)
		for (uint32_t flags = 0; flags < 0x40; flags++) {
			bool code = (prot & PROT_EXEC) &&
				    (flags & (MAP_ANONYMOUS | MAP_TYPE)) ==
					    MAP_PRIVATE;

			data.args[2] = prot;
			data.args[3] = flags;
			assert_int_equal(run(&data), code ? TRAP : ALLOW);
		}
}

static void debug(void **state)
{
	static const uint16_t always[] = {
		__NR_read,    __NR_write,    __NR_pread64, __NR_pwrite64,
		__NR_readv,   __NR_writev,   __NR_preadv,  __NR_pwritev,
		__NR_preadv2, __NR_pwritev2, __NR_wait4,   UINT16_MAX,
	};
	static const uint16_t none[] = { UINT16_MAX };

	(void)state;
	program.len = 0;
	program_debug(&program);
	by_number(always, none);
	others_pass();
}

#define HIGH_BASE 0x7f5600000000ull
#define LOW_BASE  0x20000000ull

static const uint64_t sizes[] = { 0x1000, 0x2000, 0x10000000, 1ull << 32,
				  1ull << 36 };

static void elrange_high(void **state)
{
	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t base = HIGH_BASE & ~(sizes[s] - 1);
		uint64_t end = base + sizes[s];

		program.len = 0;
		program_elrange(&program, base, sizes[s]);
		others_pass();
		for (unsigned int nr = 0; nr < LAST_CALL; nr++)
			for (unsigned int i = 0; i < 6; i++) {
				bool any = nr == __NR_clone ||
					   nr == __NR_clone3;
				uint32_t inside = any ? ALLOW : TRAP;

				assert_int_equal(judge(nr, i, base), inside);
				assert_int_equal(judge(nr, i, end - 1), inside);
				assert_int_equal(judge(nr, i, base - 1), ALLOW);
				assert_int_equal(judge(nr, i, end), ALLOW);
				assert_int_equal(judge(nr, i,
						       base & UINT32_MAX),
						 ALLOW);
			}
	}
}

/* The argument that is this call's buffer, or -1. */
static int buffer_of(unsigned int nr)
{
	switch (nr) {
	case __NR_getrandom:
		return 0;
	case __NR_read:
	case __NR_write:
	case __NR_pread64:
	case __NR_pwrite64:
	case __NR_recvfrom:
	case __NR_sendto:
	case __NR_getdents64:
		return 1;
	}
	return -1;
}

static void elrange_low(void **state)
{
	uint64_t size = 0x10000000;

	(void)state;
	program.len = 0;
	program_elrange(&program, LOW_BASE, size);
	others_pass();
	for (unsigned int nr = 0; nr < LAST_CALL; nr++)
		for (unsigned int i = 0; i < 6; i++) {
			uint32_t inside = buffer_of(nr) == (int)i ? TRAP :
								    ALLOW;

			assert_int_equal(judge(nr, i, LOW_BASE), inside);
			assert_int_equal(judge(nr, i, LOW_BASE + size - 1),
					 inside);
			assert_int_equal(judge(nr, i, LOW_BASE - 1), ALLOW);
			assert_int_equal(judge(nr, i, LOW_BASE + size), ALLOW);
			assert_int_equal(judge(nr, i, LOW_BASE + (1ull << 32)),
					 ALLOW);
		}
}

/* A buffer's length is the argument after it. */
static void buffer_lengths(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RT_BUFFER_CALLS; i++) {
		assert_int_equal(rt_buffer_calls[i].pointer,
				 buffer_of(rt_buffer_calls[i].nr));
		assert_int_equal(rt_buffer_calls[i].length,
				 rt_buffer_calls[i].pointer + 1);
	}
}

static void knock(void **state)
{
	struct seccomp_data data;

	(void)state;
	program.len = 0;
	program_base(&program, RT_FILTER_KNOCK);
	others_pass();
	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		data = call(nr);
		data.args[0] = UINT32_MAX;
		data.args[1] = RT_KNOCK;
		if (nr == __NR_ioctl)
			assert_int_equal(run(&data), SECCOMP_RET_USER_NOTIF);
		else
			assert_int_not_equal(run(&data),
					     SECCOMP_RET_USER_NOTIF);
	}
	data = call(__NR_ioctl);
	data.args[0] = ~0ull;
	data.args[1] = RT_KNOCK;
	assert_int_equal(run(&data), SECCOMP_RET_USER_NOTIF);
	data.arch = AUDIT_ARCH_I386;
	assert_int_equal(run(&data), ALLOW);
	data.arch = AUDIT_ARCH_X86_64;
	data.args[0] = 0;
	assert_int_equal(run(&data), TRAP); /* as any of its type */
	data.args[0] = ~0ull;
	data.args[1] = RT_CONTROL;
	assert_int_equal(run(&data), TRAP);
	for (unsigned int type = 0; type < 0x100; type++)
		assert_int_equal(judge(__NR_ioctl, 1, type << 8),
				 type == 0xa4 ? TRAP : ALLOW);
}

static uint32_t exempt(uint64_t rip, unsigned int nr, uint64_t arg0)
{
	struct seccomp_data data = call(nr);
	uint32_t a = 0, verdict;

	data.instruction_pointer = rip;
	data.args[0] = arg0;
	verdict = bpf_run(program_exempt, FILTER_EXEMPT, &data, &a);
	/* the program's filter begins with A = 0 */
	if (verdict == PAST_END)
		assert_int_equal(a, 0);
	return verdict;
}

static void own_filters(void **state)
{
	(void)state;
	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		uint32_t injected = nr == __NR_mmap ? ALLOW : PAST_END;

		assert_int_equal(exempt(PROGRAM, nr, 0), PAST_END);
		assert_int_equal(exempt(PROGRAM, nr, RT_BASE), injected);
		assert_int_equal(exempt(PROGRAM, nr, RT_BASE + 0xffffffff),
				 injected);
		assert_int_equal(exempt(PROGRAM, nr, RT_BASE + (1ull << 32)),
				 PAST_END);
		/* the door */
		assert_int_equal(exempt(RT_BASE, nr, 0), PAST_END);
		assert_int_equal(exempt(RT_BASE + RT_DOOR_SPAN - 1, nr, 0),
				 PAST_END);
		assert_int_equal(exempt(RT_BASE + RT_DOOR_SPAN, nr, 0), ALLOW);
		assert_int_equal(exempt(RT_BASE + RT_CODE_SPAN - 1, nr, 0),
				 ALLOW);
		assert_int_equal(exempt(RT_BASE + RT_CODE_SPAN, nr, 0),
				 PAST_END);
		assert_int_equal(exempt(RT_BASE + RT_DOOR_SPAN + (1ull << 32),
					nr, 0),
				 PAST_END);
	}
}

static void strict_mode(void **state)
{
	uint32_t a = 0;

	(void)state;
	for (unsigned int nr = 0; nr < LAST_CALL; nr++) {
		struct seccomp_data data = call(nr);
		bool may = nr == __NR_read || nr == __NR_write ||
			   nr == __NR_exit || nr == __NR_rt_sigreturn;

		assert_int_equal(bpf_run(program_strict, FILTER_STRICT, &data,
					 &a),
				 may ? ALLOW :
				       SECCOMP_RET_TRAP | RT_STRICT_DATA);
		data.arch = AUDIT_ARCH_I386;
		assert_int_equal(bpf_run(program_strict, FILTER_STRICT, &data,
					 &a),
				 SECCOMP_RET_KILL_THREAD);
	}
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(base), cmocka_unit_test(parts_are_apart),
	      cmocka_unit_test(base_ptrace),
	      cmocka_unit_test(base_prctl_and_ioctl),
	      cmocka_unit_test(base_connect), cmocka_unit_test(mm),
	      cmocka_unit_test(mm_clone), cmocka_unit_test(mm_mmap),
	      cmocka_unit_test(mm_madvise), cmocka_unit_test(cpuid),
	      cmocka_unit_test(debug), cmocka_unit_test(elrange_high),
	      cmocka_unit_test(elrange_low), cmocka_unit_test(buffer_lengths),
	      cmocka_unit_test(knock), cmocka_unit_test(own_filters),
	      cmocka_unit_test(strict_mode)),
};

CONFORM_MAIN(rows, NULL)
