/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which system calls trap.  A filter sees the number, the arguments and where
 * the call was made, so some calls trap that turn out to be none of ours.
 */
#include <asm/unistd_64.h>
#include <linux/audit.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "process/ctl.h"
#include "process/rt/base/log.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/filter/program.h"

#define TRAP         (SECCOMP_RET_TRAP | RT_FILTER_DATA)
#define SGX_IOC_TYPE 0xa4u

#define AESM_ADDRESS_MIN 23u /* its family, a NUL and the name */

#define OFF_NR      offsetof(struct seccomp_data, nr)
#define OFF_ARCH    offsetof(struct seccomp_data, arch)
#define OFF_IP_LOW  offsetof(struct seccomp_data, instruction_pointer)
#define OFF_IP_HIGH (OFF_IP_LOW + 4)
#define OFF_ARG(n)  (offsetof(struct seccomp_data, args) + 8 * (n))

void program_emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		  uint8_t jf)
{
	if (p->len == FILTER_MAX_INSNS)
		rt_panic("bug: filter too long");
	p->insn[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

void program_load(struct program *p, uint32_t offset)
{
	program_emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

void program_return(struct program *p, uint32_t value)
{
	program_emit(p, BPF_RET | BPF_K, value, 0, 0);
}

/* if (A op k) skip jt instructions, else skip jf */
static void jump(struct program *p, uint16_t op, uint32_t k, size_t jt,
		 size_t jf)
{
	program_emit(p, BPF_JMP | op | BPF_K, k, (uint8_t)jt, (uint8_t)jf);
}

static void and_with(struct program *p, uint32_t k)
{
	program_emit(p, BPF_ALU | BPF_AND | BPF_K, k, 0, 0);
}

/* if (A == k) return value */
static void ret_if(struct program *p, uint32_t k, uint32_t value)
{
	jump(p, BPF_JEQ, k, 0, 1);
	program_return(p, value);
}

static void trap_all(struct program *p, const uint16_t *calls, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		ret_if(p, calls[i], TRAP);
}

/*
 * Other ABIs pass (32-bit programs are not supported, but left alone).  The
 * number comes first, and where a call is made last (end()): the kernel finds
 * out which calls pass by their number alone, and runs no filter for these.
 * Linux 5.11 kernel/seccomp.c seccomp_is_const_allow().
 */
static void begin(struct program *p)
{
	program_load(p, OFF_ARCH);
	jump(p, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	program_return(p, SECCOMP_RET_ALLOW);
	program_load(p, OFF_NR);
}

/* Whoever returns TRAP goes on here: the runtime's own code passes. */
static void end(struct program *p)
{
	const struct sock_filter trap = BPF_STMT(BPF_RET | BPF_K, TRAP);
	unsigned int here;

	program_return(p, SECCOMP_RET_ALLOW);
	here = p->len;
	for (unsigned int i = 0; i < here; i++) {
		struct sock_filter *insn = &p->insn[i];

		if (insn->code == trap.code && insn->k == trap.k)
			*insn = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							     here - i - 1);
	}
	program_load(p, OFF_IP_HIGH);
	jump(p, BPF_JEQ, RT_BASE_HIGH, 0, 3);
	program_load(p, OFF_IP_LOW);
	jump(p, BPF_JGE, RT_CODE_SPAN, 1, 0);
	program_return(p, SECCOMP_RET_ALLOW);
	program_return(p, TRAP);
}

/* Waits trap only if they install a mask. */
static void filter_waits(struct program *p)
{
	static const struct {
		uint16_t nr;
		uint8_t arg;
	} waits[] = {
		{ __NR_rt_sigsuspend, 0 }, { __NR_ppoll, 3 },
		{ __NR_pselect6, 5 },      { __NR_epoll_pwait, 4 },
		{ __NR_epoll_pwait2, 4 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		jump(p, BPF_JEQ, waits[i].nr, 0, 6);
		program_load(p, OFF_ARG(waits[i].arg));
		jump(p, BPF_JEQ, 0, 0, 3);
		program_load(p, OFF_ARG(waits[i].arg) + 4);
		jump(p, BPF_JEQ, 0, 0, 1);
		program_return(p, SECCOMP_RET_ALLOW);
		program_return(p, TRAP);
	}
}

/* PTRACE_TRACEME; requests that access memory; those that let it go on */
static void filter_ptrace(struct program *p)
{
	static const uint8_t requests[] = {
		PTRACE_TRACEME,    PTRACE_PEEKTEXT,          PTRACE_PEEKDATA,
		PTRACE_POKETEXT,   PTRACE_POKEDATA,          PTRACE_CONT,
		PTRACE_SINGLESTEP, PTRACE_SINGLEBLOCK,       PTRACE_SYSCALL,
		PTRACE_SYSEMU,     PTRACE_SYSEMU_SINGLESTEP, PTRACE_DETACH,
	};
	unsigned int i;

	/* jf: over the instructions of this function */
	jump(p, BPF_JEQ, __NR_ptrace, 0, 2 + 2 * sizeof(requests));
	program_load(p, OFF_ARG(0));
	for (i = 0; i < sizeof(requests); i++)
		ret_if(p, requests[i], TRAP);
	program_load(p, OFF_NR);
}

static void filter_prctl(struct program *p)
{
	/* jf: over the four instructions of this function */
	jump(p, BPF_JEQ, __NR_prctl, 0, 4);
	program_load(p, OFF_ARG(0));
	ret_if(p, PR_SET_SECCOMP, TRAP);
	program_load(p, OFF_NR);
}

/* The call that the server listens to, and the devices'. */
static void filter_ioctl(struct program *p, bool knock)
{
	const uint8_t knocks = knock ? 5 : 0;

	/* jf: over the instructions of this function */
	jump(p, BPF_JEQ, __NR_ioctl, 0, 5 + knocks);
	program_load(p, OFF_ARG(1));
	if (knock) {
		jump(p, BPF_JEQ, RT_KNOCK, 0, 3);
		program_load(p, OFF_ARG(0));
		ret_if(p, UINT32_MAX, SECCOMP_RET_USER_NOTIF);
		program_load(p, OFF_ARG(1));
	}
	and_with(p, 0xff00);
	ret_if(p, SGX_IOC_TYPE << 8, TRAP);
	program_return(p, SECCOMP_RET_ALLOW);
}

/* mmap() of code from a file, privately */
static void filter_code(struct program *p)
{
	/* jf: over the eleven instructions of this function */
	jump(p, BPF_JEQ, __NR_mmap, 0, 11);
	/* the injector's call in a new image */
	program_load(p, OFF_ARG(0) + 4);
	ret_if(p, RT_BASE_HIGH, SECCOMP_RET_ALLOW);
	program_load(p, OFF_ARG(2));
	jump(p, BPF_JSET, PROT_EXEC, 1, 0);
	program_return(p, SECCOMP_RET_ALLOW);
	program_load(p, OFF_ARG(3));
	and_with(p, MAP_ANONYMOUS | MAP_TYPE);
	ret_if(p, MAP_PRIVATE, TRAP);
	program_return(p, SECCOMP_RET_ALLOW);
}

/* `nr` traps if `op` says so of this argument and `value`. */
static void filter_argument(struct program *p, uint16_t nr, uint32_t offset,
			    uint16_t op, uint32_t value)
{
	/* jf: over the four instructions of this function */
	jump(p, BPF_JEQ, nr, 0, 4);
	program_load(p, offset);
	jump(p, op, value, 0, 1);
	program_return(p, TRAP);
	program_return(p, SECCOMP_RET_ALLOW);
}

void program_base(struct program *p, uint32_t with)
{
	/* the frequent ones first */
	/* clang-format off */
	static const uint16_t calls[] = {
		__NR_newfstatat, __NR_openat, __NR_stat, __NR_lstat,
		__NR_open, __NR_access, __NR_getdents64, __NR_statx,
		__NR_rt_sigprocmask, __NR_rt_sigaction, __NR_rt_sigreturn,
		__NR_openat2, __NR_faccessat, __NR_faccessat2,
		__NR_rt_sigpending, __NR_rt_sigtimedwait, __NR_sigaltstack,
		__NR_execve, __NR_execveat, __NR_process_vm_readv,
		__NR_process_vm_writev, __NR_chmod, __NR_fchmodat,
		__NR_fchmodat2_, __NR_chown, __NR_lchown, __NR_fchownat,
		__NR_clone3, __NR_seccomp,
	};
	/* clang-format on */

	begin(p);
	trap_all(p, calls, sizeof(calls) / sizeof(calls[0]));
	filter_ioctl(p, with & RT_FILTER_KNOCK);
	if (with & RT_FILTER_CPUID)
		filter_code(p);
	filter_waits(p);
	filter_ptrace(p);
	filter_prctl(p);
	/* a name as long as AESM's shortest; an IPv4 address is shorter */
	filter_argument(p, __NR_connect, OFF_ARG(2), BPF_JGE, AESM_ADDRESS_MIN);
	end(p);
}

/* mmap() of files, or in place of other mappings; malloc() does neither. */
static void filter_mmap(struct program *p)
{
	/* jf: over the eight instructions of this function */
	jump(p, BPF_JEQ, __NR_mmap, 0, 8);
	/* the injector's call in a new image, on the runtime's own range */
	program_load(p, OFF_ARG(0) + 4);
	ret_if(p, RT_BASE_HIGH, SECCOMP_RET_ALLOW);
	program_load(p, OFF_ARG(3));
	and_with(p, MAP_ANONYMOUS | MAP_FIXED);
	jump(p, BPF_JEQ, MAP_ANONYMOUS, 0, 1);
	program_return(p, SECCOMP_RET_ALLOW);
	program_return(p, TRAP);
}

static void filter_madvise(struct program *p)
{
	static const uint16_t harmful[] = {
		MADV_DONTNEED,   MADV_REMOVE,   MADV_FREE,
		MADV_DOFORK,     MADV_DONTFORK, MADV_DODUMP,
		MADV_WIPEONFORK, MADV_COLD,     MADV_PAGEOUT,
	};
	unsigned int i;

	jump(p, BPF_JEQ, __NR_madvise, 1, 0);
	program_return(p, SECCOMP_RET_ALLOW);
	program_load(p, OFF_ARG(2));
	for (i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		ret_if(p, harmful[i], TRAP);
	program_return(p, SECCOMP_RET_ALLOW);
}

void program_mm(struct program *p)
{
	static const uint16_t calls[] = {
		__NR_munmap,    __NR_mprotect, __NR_pkey_mprotect, __NR_mremap,
		__NR_mlock,     __NR_mlock2,   __NR_mlockall,      __NR_fstat,
		__NR_pkey_free, __NR_vfork,    __NR_modify_ldt,
	};

	begin(p);
	trap_all(p, calls, sizeof(calls) / sizeof(calls[0]));
	/* a child that shares memory would have its parent's ES */
	filter_argument(p, __NR_clone, OFF_ARG(0), BPF_JSET, CLONE_VM);
	filter_mmap(p);
	filter_madvise(p);
	end(p);
}

/* Reads and writes, whose file may be /proc/PID/mem; a tracer's waits */
void program_debug(struct program *p)
{
	static const uint16_t calls[] = {
		__NR_read,    __NR_write,    __NR_pread64, __NR_pwrite64,
		__NR_readv,   __NR_writev,   __NR_preadv,  __NR_pwritev,
		__NR_preadv2, __NR_pwritev2, __NR_wait4,
	};

	begin(p);
	trap_all(p, calls, sizeof(calls) / sizeof(calls[0]));
	end(p);
}

#define RANGE_INSNS 7

/*
 * Traps if the argument is in [base, base + size), by RANGE_INSNS instructions.
 * ELRANGE is naturally aligned, so a mask is enough.
 */
static void trap_in_range(struct program *p, unsigned int arg, uint64_t base,
			  uint64_t size)
{
	uint64_t mask = ~(size - 1);

	program_load(p, OFF_ARG(arg) + 4);
	and_with(p, mask >> 32);
	jump(p, BPF_JEQ, base >> 32, 0, 4);
	program_load(p, OFF_ARG(arg));
	and_with(p, (uint32_t)mask);
	jump(p, BPF_JEQ, (uint32_t)base, 0, 1);
	program_return(p, TRAP);
}

/*
 * No argument that is a number is as large as the addresses of such an enclave.
 * Another mapping may take the enclave's place later: if that is the stack of a
 * new child, the child cannot return through the gadget.  So clone() passes.
 */
static void filter_any_argument(struct program *p, uint64_t base, uint64_t size)
{
	ret_if(p, __NR_clone, SECCOMP_RET_ALLOW);
	ret_if(p, __NR_clone3, SECCOMP_RET_ALLOW);
	for (unsigned int i = 0; i < 6; i++)
		trap_in_range(p, i, base, size);
}

/* Below 4 GiB, only where an argument is known to be an address. */
static void filter_buffers(struct program *p, uint64_t base, uint64_t size)
{
	for (unsigned int i = 0; i < RT_BUFFER_CALLS; i++) {
		jump(p, BPF_JEQ, rt_buffer_calls[i].nr, 0, RANGE_INSNS + 1);
		trap_in_range(p, rt_buffer_calls[i].pointer, base, size);
		program_return(p, SECCOMP_RET_ALLOW);
	}
}

void program_elrange(struct program *p, uint64_t base, uint64_t size)
{
	begin(p);
	if (base >> 32)
		filter_any_argument(p, base, size);
	else
		filter_buffers(p, base, size);
	end(p);
}

#define LOAD(field)     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)
#define RETURN(value)   BPF_STMT(BPF_RET | BPF_K, value)

/* At its end A is 0, as the program's first instruction expects. */
const struct sock_filter program_exempt[FILTER_EXEMPT] = {
	LOAD(OFF_IP_HIGH),
	IF(BPF_JEQ, RT_BASE_HIGH, 0, 4),
	LOAD(OFF_IP_LOW),
	IF(BPF_JGE, RT_DOOR_SPAN, 0, 2),
	IF(BPF_JGE, RT_CODE_SPAN, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	/* the injector's call in a new image */
	LOAD(OFF_NR),
	IF(BPF_JEQ, __NR_mmap, 0, 3),
	LOAD(OFF_ARG(0) + 4),
	IF(BPF_JEQ, RT_BASE_HIGH, 0, 1),
	RETURN(SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_LD | BPF_IMM, 0),
};

const struct sock_filter program_strict[FILTER_STRICT] = {
	LOAD(OFF_ARCH),
	IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
	RETURN(SECCOMP_RET_KILL_THREAD),
	LOAD(OFF_NR),
	IF(BPF_JEQ, __NR_read, 4, 0),
	IF(BPF_JEQ, __NR_write, 3, 0),
	IF(BPF_JEQ, __NR_exit, 2, 0),
	IF(BPF_JEQ, __NR_rt_sigreturn, 1, 0),
	RETURN(SECCOMP_RET_TRAP | RT_STRICT_DATA),
	RETURN(SECCOMP_RET_ALLOW),
};
