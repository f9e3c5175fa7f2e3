/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Debuggers in the run.  The server cannot put the runtime into a new image
 * whose thread a debugger holds.  So the debugger's process does it here, as
 * the server says, before the image runs its first instruction.
 */
#include <linux/ptrace.h>

#include "process/rt/base/abi.h"
#include "process/rt/base/sys.h"
#include "process/rt/filter/filter.h"
#include "process/rt/host/client.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/syscall/debug.h"

#define __WALL_ 0x40000000

static bool lets_go_on(uint64_t request)
{
	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
	case PTRACE_SYSCALL:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
	case PTRACE_DETACH:
		return true;
	}
	return false;
}

static long go_on(uint32_t tid, struct msg *msg)
{
	long r = sys4(__NR_ptrace, PTRACE_CONT, tid, 0, msg->trace.sig);

	if (!r)
		r = sys4(__NR_wait4, tid, &msg->trace.status, __WALL_, 0);
	return r < 0 ? r : 0;
}

static long sigcode(uint32_t tid, struct msg *msg)
{
	siginfo_t info;
	long r = sys4(__NR_ptrace, PTRACE_GETSIGINFO, tid, 0, &info);

	msg->trace.status = r ? 0 : info.si_code;
	return r;
}

static long do_request(uint32_t tid, struct msg *msg)
{
	switch (msg->trace.what) {
	case RT_TRACE_GETREGS:
		return sys4(__NR_ptrace, PTRACE_GETREGS, tid, 0,
			    msg->trace.regs);
	case RT_TRACE_SETREGS:
		return sys4(__NR_ptrace, PTRACE_SETREGS, tid, 0,
			    msg->trace.regs);
	case RT_TRACE_SETSIGMASK:
		return sys4(__NR_ptrace, PTRACE_SETSIGMASK, tid,
			    sizeof(msg->trace.mask), &msg->trace.mask);
	case RT_TRACE_SIGCODE:
		return sigcode(tid, msg);
	case RT_TRACE_CONTINUE:
		return go_on(tid, msg);
	}
	return -EINVAL;
}

/* If it has no runtime, the server knows whether it is a new image. */
void rt_trace_inject(uint32_t tid)
{
	struct msg msg = { .type = MSG_TRACEE_EXEC };
	int fd = rt_in_run(tid) ? -1 : rt_client_open();
	int r;

	if (fd < 0)
		return;
	msg.exec.tid = (int32_t)tid;
	r = rt_client_call(fd, &msg, NULL);
	while (!r && msg.type == MSG_TRACE) {
		msg.trace.error = (int32_t)do_request(tid, &msg);
		r = rt_client_call(fd, &msg, NULL);
	}
	sys1(__NR_close, fd);
}

/*
 * A child of vfork() asks its parent to trace it.  It would stop at our first
 * signal, and its parent waits for its execve().  So the request is made at
 * that execve().  DEVIATION DP13.
 */
static bool trace_me(struct thread *t, struct machine_context *mc)
{
	if (rt_is_own(t))
		return false;
	t->syscall.traced_from_exec = true;
	rt_process.syscall.traces = 1; /* its parent does */
	rt_shortcut_close();
	mc->rax = 0;
	return true;
}

/* execve() has yet to return, and the tracer is to see that. */
static bool returns_from_exec(uint32_t tid, uint64_t request)
{
	siginfo_t info;

	return request == PTRACE_SYSCALL &&
	       !sys4(__NR_ptrace, PTRACE_GETSIGINFO, tid, 0, &info) &&
	       info.si_code == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
}

bool rt_trace(struct thread *t, struct machine_context *mc)
{
	uint32_t tid = (uint32_t)mc->rsi;

	if (mc->rdi == PTRACE_TRACEME)
		return trace_me(t, mc);
	if (!lets_go_on(mc->rdi))
		return false;
	rt_filter_debug();
	if (!returns_from_exec(tid, mc->rdi))
		rt_trace_inject(tid);
	rt_trace_goes_on(tid, mc->rdi == PTRACE_CONT);
	return false;
}

void rt_trace_before_exec(const struct thread *t)
{
	if (t->syscall.traced_from_exec)
		sys4(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
}
