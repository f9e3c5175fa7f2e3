/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program confines itself.  The runtime makes system calls that hardware
 * would not make, such as those of a transition.  They pass each filter that
 * the program installs, because instructions of ours are put before the
 * program's. The filters do judge calls that the runtime makes on the program's
 * behalf (base/door.h).  seccomp(2).
 */
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
#include "process/rt/filter/program.h"
#include "process/rt/rt.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/syscall.h"

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
 * After this, a filter of ours can no longer be installed in all threads.  So
 * the one that a process with SGX needs is installed before.
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

/* There are `size` instructions at `own`; program_exempt[] comes before. */
static long install(const struct call *call, const void *own, size_t size)
{
	size_t n = FILTER_EXEMPT + size;
	struct sock_filter *all = room_for(n);
	struct fprog prog = { (uint16_t)n, (uint64_t)all };
	long r = -EFAULT;

	if (!all)
		return -ENOMEM;
	memcpy(all, program_exempt, sizeof(program_exempt));
	if (!rt_get(all + FILTER_EXEMPT, (uint64_t)own, size * sizeof(*all)))
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
	if (prog.len > BPF_MAXINSNS - FILTER_EXEMPT) {
		/* DEVIATION DP41 */
		rt_log("a seccomp filter of %u instructions leaves no room for "
		       "those that let the runtime's own system calls pass; "
		       "it gets what the filter says",
		       prog.len);
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

/* DEVIATION DP41: it is a filter, and prctl(PR_GET_SECCOMP) says so. */
static long go_strict(void)
{
	const struct call call = { __NR_prctl, PR_SET_SECCOMP,
				   SECCOMP_MODE_FILTER };
	long r;

	if (rt_process.syscall.own_filters)
		return -EINVAL;
	prepare(&call);
	r = install(&call, program_strict, FILTER_STRICT);
	if (r == -EACCES && !sys5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		r = install(&call, program_strict, FILTER_STRICT);
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
	if ((uint32_t)mc->rdi != SECCOMP_SET_MODE_STRICT || (uint32_t)mc->rsi ||
	    mc->rdx)
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
	done = uc->mc.rax == __NR_prctl ? do_prctl(&uc->mc) :
					  do_seccomp(&uc->mc);
	return done ? RT_DONE : RT_PASS_ON;
}
