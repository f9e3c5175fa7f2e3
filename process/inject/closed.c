/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new image whose file may not be read (mode 0111).  Without privilege nobody
 * may look into its memory, and its tracer only has its registers.  So its
 * first system call is turned into one by which it opens its memory itself, and
 * is then made again.  ptrace(2), prctl(2) PR_SET_DUMPABLE.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/inject/inject.h"

#define SYSCALL_STOP   (SIGTRAP | 0x80)
#define SYSCALL_LENGTH 2
#define PATIENCE       50000 /* waits of 100 us */

static bool is_closed(pid_t tid)
{
	int mem = inject_open_memory(tid);

	if (mem < 0)
		return errno == EACCES || errno == EPERM;
	close(mem);
	return false;
}

/* Its next stop.  An image that makes no system call is not waited for. */
static int next_stop(pid_t tid, int sig, int *status)
{
	const struct timespec moment = { .tv_nsec = 100000 };
	pid_t pid = 0;

	if (ptrace(PTRACE_SYSCALL, tid, 0, sig) < 0)
		return -errno;
	for (int i = 0; i < PATIENCE && !pid; i++) {
		pid = waitpid(tid, status, __WALL | WNOHANG);
		if (!pid)
			nanosleep(&moment, NULL);
	}
	if (!pid)
		return -ETIMEDOUT;
	return pid == tid && WIFSTOPPED(*status) ? 0 : -ESRCH;
}

/* To the next entry to a system call, or exit from one. */
static int run_to_call(pid_t tid, int op, struct inject_start *start)
{
	struct __ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };
	int sig = 0, status, r;

	do {
		r = next_stop(tid, sig, &status);
		if (r)
			return r;
		sig = 0;
		if (status >> 16)
			continue;
		if (WSTOPSIG(status) == SYSCALL_STOP)
			ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info),
			       &info);
		else if (WSTOPSIG(status) == SIGSTOP)
			start->held |= INJECT_SIGNAL(SIGSTOP);
		else
			sig = WSTOPSIG(status);
	} while (info.op != op);
	return 0;
}

static int open_at_call(pid_t tid, struct inject_start *start)
{
	struct user_regs_struct was, regs;
	int r = run_to_call(tid, PTRACE_SYSCALL_INFO_ENTRY, start);

	if (r || ptrace(PTRACE_GETREGS, tid, 0, &was) < 0)
		return r ? r : -errno;
	regs = was;
	regs.orig_rax = SYS_prctl;
	regs.rdi = PR_SET_DUMPABLE;
	regs.rsi = 1;
	if (ptrace(PTRACE_SETREGS, tid, 0, &regs) < 0)
		return -errno;
	r = run_to_call(tid, PTRACE_SYSCALL_INFO_EXIT, start);
	was.rip -= SYSCALL_LENGTH;
	was.rax = was.orig_rax;
	was.orig_rax = (unsigned long long)-1;
	if (!r && ptrace(PTRACE_SETREGS, tid, 0, &was) < 0)
		return -errno;
	return r;
}

/* DEVIATION DP50: what runs before that system call has no runtime. */
int inject_start(pid_t tid, struct inject_start *start)
{
	struct user_regs_struct regs;

	*start = (struct inject_start){ .sp = 0 };
	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0)
		return -errno;
	start->sp = regs.rsp;
	if (regs.cs != INJECT_CS_64BIT || !is_closed(tid))
		return 0;
	start->closed = 1;
	ptrace(PTRACE_SETOPTIONS, tid, 0,
	       INJECT_OPTIONS | PTRACE_O_TRACESYSGOOD);
	return open_at_call(tid, start);
}
