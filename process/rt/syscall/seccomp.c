/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program confines itself.  On hardware a transition makes no system call,
 * and opening a device makes one; here the runtime needs some for them.  So its
 * own calls pass each filter that the program installs: by instructions that
 * are put before the program's.  Calls that it makes on the program's behalf
 * are made at the door (entry.S), where they do not.  seccomp(2).
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "cpu/mem.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/log.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/filter/filter.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/syscall.h"

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define IF(op, k, t, f)	BPF_JUMP(BPF_JMP | (op) | BPF_K, k, t, f)
#define RETURN(value)	BPF_STMT(BPF_RET | BPF_K, value)
#define ELEMENTS(a)	(sizeof(a) / sizeof((a)[0]))

#define OFF_NR		offsetof(struct seccomp_data, nr)
#define OFF_ARCH	offsetof(struct seccomp_data, arch)
#define OFF_IP		offsetof(struct seccomp_data, instruction_pointer)
#define OFF_ARG0	offsetof(struct seccomp_data, args)

/* Before each: A is 0 again at the end, as the program's first one finds it. */
static const struct sock_filter exempt[] = {
	LOAD(OFF_IP + 4),
	IF(BPF_JEQ, RT_BASE_HIGH, 0, 4),
	LOAD(OFF_IP),
	IF(BPF_JGE, RT_DOOR_SPAN, 0, 2),
	IF(BPF_JGE, RT_CODE_SPAN, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	/* the injector's call in a new image */
	LOAD(OFF_NR),
	IF(BPF_JEQ, __NR_mmap, 0, 3),
	LOAD(OFF_ARG0 + 4),
	IF(BPF_JEQ, RT_BASE_HIGH, 0, 1),
	RETURN(SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_LD | BPF_IMM, 0),
};

/* SECCOMP_MODE_STRICT, which nobody can have who has a filter. */
static const struct sock_filter strict[] = {
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

struct fprog {
	uint16_t len;
	uint64_t filter;
};

/* A call that installs a filter: its arguments, with a place for the filter. */
struct call {
	long nr;
	uint64_t a, b;
};

static bool is_single_threaded(void)
{
	return sys1(__NR_unshare, CLONE_THREAD) == 0;
}

/*
 * From now on a filter of ours can no longer be had in all threads.  So the one
 * that a process needs which uses SGX is had before, whether it will or not.
 */
static void prepare(const struct call *call)
{
	bool all = call->nr == __NR_seccomp &&
		   (call->b & SECCOMP_FILTER_FLAG_TSYNC);

	if (!all && !is_single_threaded())
		rt_filter_mm();
}

static void *room_for(size_t instructions)
{
	long p = sys_call(__NR_mmap, 0,
			  instructions * sizeof(struct sock_filter),
			  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	return p < 0 ? NULL : (void *)p;
}

/* `size` is how many instructions there are at `own`, exempt[] not counted. */
static long install(const struct call *call, const void *own, size_t size)
{
	size_t n = ELEMENTS(exempt) + size;
	struct sock_filter *all = room_for(n);
	struct fprog prog = { (uint16_t)n, (uint64_t)all };
	long r = -EFAULT;

	if (!all)
		return -ENOMEM;
	memcpy(all, exempt, sizeof(exempt));
	if (!rt_get(all + ELEMENTS(exempt), (uint64_t)own,
		    size * sizeof(*all)))
		r = rt_door(call->nr, call->a, call->b, (uint64_t)&prog, 0, 0,
			    0);
	sys2(__NR_munmap, all, n * sizeof(*all));
	return r;
}

/* False: the kernel will say what is wrong with it. */
static bool install_own(struct machine_context *mc, const struct call *call,
			uint64_t uprog)
{
	struct fprog prog;
	long r;

	if (rt_get(&prog, uprog, sizeof(prog)) || !prog.len ||
	    prog.len > BPF_MAXINSNS)
		return false;
	prepare(call);
	if (prog.len > BPF_MAXINSNS - ELEMENTS(exempt)) {
		/* DEVIATION DP41 */
		rt_log("a seccomp filter of %u instructions leaves no room for "
		       "those that let the runtime's own system calls pass; "
		       "it gets what the filter says", prog.len);
		return false;
	}
	r = install(call, (void *)prog.filter, prog.len);
	if (r == -EFAULT)
		return false;
	if (r >= 0)
		rt_process.syscall.own_filters = true;
	mc->rax = (uint64_t)r;
	return true;
}

/* DEVIATION DP41: it is a filter, as all can see who ask for the mode. */
static long go_strict(void)
{
	const struct call call = { __NR_prctl, PR_SET_SECCOMP,
				   SECCOMP_MODE_FILTER };
	long r;

	if (rt_process.syscall.own_filters)
		return -EINVAL;
	prepare(&call);
	r = install(&call, strict, ELEMENTS(strict));
	if (r == -EACCES &&
	    !sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = install(&call, strict, ELEMENTS(strict));
	return r;
}

/* Linux: __secure_computing_strict(), do_exit(SIGKILL) of the thread alone. */
void rt_strict_violation(void)
{
	if (!is_single_threaded())
		sys1(__NR_exit, SIGKILL);
	sys2(__NR_kill, sys_getpid(), SIGKILL);
}

static bool do_prctl(struct machine_context *mc)
{
	const struct call call = { __NR_prctl, mc->rdi, mc->rsi };

	if (mc->rdi != PR_SET_SECCOMP)
		return false;
	if (mc->rsi == SECCOMP_MODE_FILTER)
		return install_own(mc, &call, mc->rdx);
	if (mc->rsi != SECCOMP_MODE_STRICT)
		return false;
	mc->rax = (uint64_t)go_strict();
	return true;
}

static bool do_seccomp(struct machine_context *mc)
{
	const struct call call = { __NR_seccomp, mc->rdi, mc->rsi };

	if ((uint32_t)mc->rdi == SECCOMP_SET_MODE_FILTER)
		return install_own(mc, &call, mc->rdx);
	if ((uint32_t)mc->rdi != SECCOMP_SET_MODE_STRICT ||
	    (uint32_t)mc->rsi || mc->rdx)
		return false;
	mc->rax = (uint64_t)go_strict();
	return true;
}

enum rt_answer rt_seccomp_syscall(struct thread *t, struct kucontext *uc)
{
	bool done;

	(void)t;
	if (uc->mc.rax != __NR_prctl && uc->mc.rax != __NR_seccomp)
		return RT_NOT_MINE;
	done = uc->mc.rax == __NR_prctl ? do_prctl(&uc->mc)
					: do_seccomp(&uc->mc);
	return done ? RT_DONE : RT_PASS_ON;
}
