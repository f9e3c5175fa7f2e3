/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seccomp filters: which system calls of the program trap.  Calls made
 * from the runtime's code pass by their instruction pointer.  Two filters: one
 * from the start, small, because every program pays for it; one more from the
 * moment that a process uses SGX.  A third, from the start, where CPUID is
 * rewritten; a fourth in debuggers.  They survive execve().
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>

#include "kernel/mm/view.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/rt.h"

#define MAX_INSNS 160
#define TRAP	  (SECCOMP_RET_TRAP | RT_FILTER_DATA)
#define SGX_IOC_TYPE 0xa4u

struct program {
	struct sock_filter insn[MAX_INSNS];
	unsigned short len;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		 uint8_t jf)
{
	if (p->len == MAX_INSNS)
		rt_panic("bug: filter too long");
	p->insn[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void load(struct program *p, uint32_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void ret(struct program *p, uint32_t value)
{
	emit(p, BPF_RET | BPF_K, value, 0, 0);
}

/* if (A == k) return value */
static void ret_if(struct program *p, uint32_t k, uint32_t value)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	ret(p, value);
}

#define OFF_NR		offsetof(struct seccomp_data, nr)
#define OFF_ARCH	offsetof(struct seccomp_data, arch)
#define OFF_IP_LOW	offsetof(struct seccomp_data, instruction_pointer)
#define OFF_IP_HIGH	(OFF_IP_LOW + 4)
#define OFF_ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n))

/*
 * Pass: other ABIs (32-bit programs are not supported, but left alone), and
 * the runtime's own code.
 */
static void prologue(struct program *p)
{
	load(p, OFF_ARCH);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	ret(p, SECCOMP_RET_ALLOW);
	load(p, OFF_IP_HIGH);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, RT_BASE_HIGH, 0, 3);
	load(p, OFF_IP_LOW);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, RT_CODE_SPAN, 1, 0);
	ret(p, SECCOMP_RET_ALLOW);
	load(p, OFF_NR);
}

static int install(struct program *p)
{
	struct {
		unsigned short len;
		struct sock_filter *filter;
	} prog = { p->len, p->insn };
	long r = sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		      SECCOMP_FILTER_FLAG_TSYNC, &prog);

	if (r == -EACCES) {
		/*
		 * Without CAP_SYS_ADMIN: give up gaining privileges by exec.
		 * DEVIATION DP9.
		 */
		r = sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!r)
			r = sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
				 SECCOMP_FILTER_FLAG_TSYNC, &prog);
	}
	/* positive: the thread that could not take it over */
	return r > 0 ? -EBUSY : (int)r;
}

/* Waits that install a mask: only if they do. */
static void filter_waits(struct program *p)
{
	static const struct {
		uint16_t nr;
		uint8_t arg;
	} waits[] = {
		{ __NR_rt_sigsuspend, 0 }, { __NR_ppoll, 3 },
		{ __NR_pselect6, 5 },	   { __NR_epoll_pwait, 4 },
		{ __NR_epoll_pwait2, 4 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, waits[i].nr, 0, 6);
		load(p, OFF_ARG(waits[i].arg));
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
		load(p, OFF_ARG(waits[i].arg) + 4);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
		ret(p, SECCOMP_RET_ALLOW);
		ret(p, TRAP);
	}
}

/* PTRACE_TRACEME, what reads and writes memory, and what lets go on */
static void filter_ptrace(struct program *p)
{
	static const uint8_t requests[] = {
		PTRACE_TRACEME, PTRACE_PEEKTEXT, PTRACE_PEEKDATA,
		PTRACE_POKETEXT, PTRACE_POKEDATA, PTRACE_CONT,
		PTRACE_SINGLESTEP, PTRACE_SINGLEBLOCK, PTRACE_SYSCALL,
		PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP, PTRACE_DETACH,
	};
	unsigned int i;

	/* jf: over the instructions of this function */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_ptrace, 0,
	     2 + 2 * sizeof(requests));
	load(p, OFF_ARG(0));
	for (i = 0; i < sizeof(requests); i++)
		ret_if(p, requests[i], TRAP);
	load(p, OFF_NR);
}

static void filter_prctl(struct program *p)
{
	/* jf: over the four instructions of this function */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 4);
	load(p, OFF_ARG(0));
	ret_if(p, PR_SET_SECCOMP, TRAP);
	load(p, OFF_NR);
}

int rt_filter_base(void)
{
	static const uint16_t calls[] = {
		__NR_open, __NR_openat, __NR_openat2, __NR_stat, __NR_lstat,
		__NR_newfstatat, __NR_statx, __NR_access, __NR_faccessat,
		__NR_faccessat2, __NR_rt_sigaction, __NR_rt_sigprocmask,
		__NR_rt_sigreturn, __NR_rt_sigpending, __NR_rt_sigtimedwait,
		__NR_sigaltstack, __NR_execve,
		__NR_execveat, __NR_process_vm_readv, __NR_process_vm_writev,
		__NR_chmod, __NR_fchmodat, __NR_fchmodat2_, __NR_chown,
		__NR_lchown, __NR_fchownat, __NR_getdents64,
		__NR_clone3, __NR_seccomp,
	};
	struct program p = { .len = 0 };
	unsigned int i;
	int r;

	if (rt_process.filter.installed & RT_FILTER_BASE)
		return 0;
	prologue(&p);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ret_if(&p, calls[i], TRAP);
	filter_waits(&p);
	filter_ptrace(&p);
	filter_prctl(&p);
	emit(&p, BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 1, 0);
	ret(&p, SECCOMP_RET_ALLOW);
	load(&p, OFF_ARG(1));
	emit(&p, BPF_ALU | BPF_AND | BPF_K, 0xff00, 0, 0);
	ret_if(&p, SGX_IOC_TYPE << 8, TRAP);
	ret(&p, SECCOMP_RET_ALLOW);
	r = install(&p);
	if (!r)
		rt_process.filter.installed |= RT_FILTER_BASE;
	return r;
}

/* mmap of files, and what replaces mappings; not what a malloc() does */
static void filter_mmap(struct program *p)
{
	/* jf: over the eight instructions of this function */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 8);
	/* the injector's call in a new image, on the runtime's own range */
	load(p, OFF_ARG(0) + 4);
	ret_if(p, RT_BASE_HIGH, SECCOMP_RET_ALLOW);
	load(p, OFF_ARG(3));
	emit(p, BPF_ALU | BPF_AND | BPF_K, MAP_ANONYMOUS | MAP_FIXED, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, MAP_ANONYMOUS, 0, 1);
	ret(p, SECCOMP_RET_ALLOW);
	ret(p, TRAP);
}

static void filter_madvise(struct program *p)
{
	static const uint16_t harmful[] = {
		MADV_DONTNEED, MADV_REMOVE, MADV_FREE, MADV_DOFORK,
		MADV_DONTFORK, MADV_DODUMP, MADV_WIPEONFORK, MADV_COLD,
		MADV_PAGEOUT,
	};
	unsigned int i;

	emit(p, BPF_JMP | BPF_JEQ | BPF_K, __NR_madvise, 1, 0);
	ret(p, SECCOMP_RET_ALLOW);
	load(p, OFF_ARG(2));
	for (i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		ret_if(p, harmful[i], TRAP);
	ret(p, SECCOMP_RET_ALLOW);
}

int rt_filter_mm(void)
{
	static const uint16_t calls[] = {
		__NR_munmap, __NR_mprotect, __NR_pkey_mprotect, __NR_mremap,
		__NR_mlock, __NR_mlock2, __NR_mlockall, __NR_fstat,
		__NR_pkey_free,
	};
	struct program p = { .len = 0 };
	unsigned int i;
	int r;

	if (rt_process.filter.installed & RT_FILTER_MM)
		return 0;
	prologue(&p);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ret_if(&p, calls[i], TRAP);
	filter_mmap(&p);
	filter_madvise(&p);
	r = install(&p);
	if (r) {
		rt_log("cannot watch the memory system calls (seccomp, error "
		       "%d); has the program installed filters of its own in "
		       "some threads?", -r);
		return r;
	}
	rt_process.filter.installed |= RT_FILTER_MM;
	return 0;
}

/* Code that is mapped from a file, privately. */
int rt_filter_cpuid(void)
{
	struct program p = { .len = 0 };
	int r;

	if (rt_params.cpuid != RT_CPUID_REWRITE ||
	    (rt_process.filter.installed & RT_FILTER_CPUID))
		return 0;
	prologue(&p);
	emit(&p, BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0);
	ret(&p, SECCOMP_RET_ALLOW);
	load(&p, OFF_ARG(2));
	emit(&p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
	ret(&p, SECCOMP_RET_ALLOW);
	load(&p, OFF_ARG(3));
	emit(&p, BPF_ALU | BPF_AND | BPF_K, MAP_ANONYMOUS | MAP_TYPE, 0, 0);
	ret_if(&p, MAP_PRIVATE, TRAP);
	ret(&p, SECCOMP_RET_ALLOW);
	r = install(&p);
	if (!r)
		rt_process.filter.installed |= RT_FILTER_CPUID;
	return r;
}

/* Reads and writes of files: one may be /proc/PID/mem.  A tracer's waits. */
int rt_filter_debug(void)
{
	static const uint16_t calls[] = {
		__NR_read, __NR_write, __NR_pread64, __NR_pwrite64,
		__NR_readv, __NR_writev, __NR_preadv, __NR_pwritev,
		__NR_preadv2, __NR_pwritev2, __NR_wait4,
	};
	struct program p = { .len = 0 };
	unsigned int i;
	int r;

	if (rt_process.filter.installed & RT_FILTER_DEBUG)
		return 0;
	prologue(&p);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ret_if(&p, calls[i], TRAP);
	ret(&p, SECCOMP_RET_ALLOW);
	r = install(&p);
	if (!r)
		rt_process.filter.installed |= RT_FILTER_DEBUG;
	return r;
}

#define RANGE_INSNS	7

/*
 * Trap if the argument is in [base, base + size); RANGE_INSNS instructions.
 * ELRANGE is naturally aligned, so a mask tells.
 */
static void trap_in_range(struct program *p, unsigned int arg, uint64_t base,
			  uint64_t size)
{
	uint64_t mask = ~(size - 1);

	load(p, OFF_ARG(arg) + 4);
	emit(p, BPF_ALU | BPF_AND | BPF_K, mask >> 32, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, base >> 32, 0, 4);
	load(p, OFF_ARG(arg));
	emit(p, BPF_ALU | BPF_AND | BPF_K, (uint32_t)mask, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)base, 0, 1);
	ret(p, TRAP);
}

/*
 * No number that is not an address is in such an enclave.  But what is there
 * later may be any memory: a child does not come back through the gadget, if
 * that is its stack.
 */
static void filter_any_argument(struct program *p, uint64_t base, uint64_t size)
{
	ret_if(p, __NR_clone, SECCOMP_RET_ALLOW);
	ret_if(p, __NR_clone3, SECCOMP_RET_ALLOW);
	for (unsigned int i = 0; i < 6; i++)
		trap_in_range(p, i, base, size);
}

static void filter_buffers(struct program *p, uint64_t base, uint64_t size)
{
	for (unsigned int i = 0; i < RT_BUFFER_CALLS; i++) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, rt_buffer_calls[i].nr, 0,
		     RANGE_INSNS + 1);
		trap_in_range(p, rt_buffer_calls[i].pointer, base, size);
		ret(p, SECCOMP_RET_ALLOW);
	}
}

static int install_elrange(uint64_t base, uint64_t size)
{
	struct program p = { .len = 0 };

	prologue(&p);
	if (base >> 32)
		filter_any_argument(&p, base, size);
	else
		filter_buffers(&p, base, size);
	ret(&p, SECCOMP_RET_ALLOW);
	return install(&p);
}

static bool has_elrange(uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < rt_process.filter.nr_elranges; i++)
		if (base - rt_process.filter.elranges[i].base <
			    rt_process.filter.elranges[i].size &&
		    size <= rt_process.filter.elranges[i].size)
			return true;
	return false;
}

/*
 * DEVIATION DP17: no more than RT_MAX_ELRANGES places; and a filter stays, also
 * when the place has become other memory.
 */
static void add_elrange(uint64_t base, uint64_t size)
{
	uint32_t n = rt_process.filter.nr_elranges;
	int r;

	if (n == RT_MAX_ELRANGES || has_elrange(base, size))
		return;
	r = install_elrange(base, size);
	if (r && rt_process.verbose)
		rt_log("cannot watch for system calls on an enclave's memory "
		       "(seccomp, error %d); they get EFAULT", -r);
	if (r)
		return;
	rt_process.filter.elranges[n].base = base;
	rt_process.filter.elranges[n].size = size;
	rt_process.filter.nr_elranges = n + 1;
}

void rt_filter_elrange(const struct sgx_encl *encl)
{
	if (rt_process.mm.view == SGX_VIEW_SHARED ||
	    !(__atomic_load_n(&encl->flags, __ATOMIC_ACQUIRE) &
	      SGX_ENCL_CREATED))
		return;
	spin_lock(&rt_process.filter.lock);
	add_elrange(encl->base, encl->size);
	spin_unlock(&rt_process.filter.lock);
}
