/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * execve: the new image needs the runtime too, so the supervisor is asked to
 * seize this thread first.  It injects at the exec event and lets go.
 */
#include <linux/fcntl.h>
#include <linux/prctl.h>

#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/spin.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/host/client.h"
#include "process/rt/rt.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/debug.h"

static sigset64 ignored_sync(const struct thread *t)
{
	sigset64 set = 0;
	int sig;

	for (sig = 1; sig <= NSIG_MAX; sig++)
		if (rt_sync_index(sig) >= 0 &&
		    t->signal.state.actions[sig].handler == RT_SIG_IGN)
			set |= SIGBIT(sig);
	return set;
}

static void complain(int err, uint64_t upath, int tracer)
{
	char path[256];

	if (rt_get_string(path, upath, sizeof(path)) < 0)
		path[0] = 0;
	if (tracer)
		rt_log("cannot follow execve(\"%s\"): process %d is held by "
		       "another tracer (pid %d), such as strace or gdb.  "
		       "Attach after the start instead: swsgx run -- PROGRAM, "
		       "then strace -p PID or gdb -p PID",
		       path, sys_getpid(), tracer);
	else if (err == -EMFILE)
		rt_log("cannot follow execve(\"%s\"): no file descriptor is "
		       "free, and one is needed; raise ulimit -n",
		       path);
	else
		rt_log("cannot follow execve(\"%s\"): the server of the run "
		       "(pid %u) %s, error %d; start the program anew",
		       path, rt_params.supervisor_pid,
		       err == -ECONNREFUSED ?
			       "is gone, or not to be found from here" :
			       "refuses",
		       -err);
}

static long make(int dirfd, uint64_t path, uint64_t argv, uint64_t envp,
		 int flags, bool at)
{
	if (at)
		return rt_door(__NR_execveat, (uint64_t)dirfd, path, argv, envp,
			       (uint64_t)flags, 0);
	return rt_door(__NR_execve, path, argv, envp, 0, 0, 0);
}

/*
 * A server that is not root can seize a process only if that is dumpable.  So
 * the process is, until then.  A successful execve() makes it dumpable anyway.
 */
static void open_memory(void)
{
	struct process_syscall *p = &rt_process.syscall;

	spin_lock(&p->open_lock);
	if (!p->nr_open++ && sys1(__NR_prctl, PR_GET_DUMPABLE) != 1) {
		p->was_closed = true;
		sys2(__NR_prctl, PR_SET_DUMPABLE, 1);
	}
	spin_unlock(&p->open_lock);
}

static void close_memory(void)
{
	struct process_syscall *p = &rt_process.syscall;

	spin_lock(&p->open_lock);
	if (!--p->nr_open && p->was_closed) {
		p->was_closed = false;
		sys2(__NR_prctl, PR_SET_DUMPABLE, 0);
	}
	spin_unlock(&p->open_lock);
}

/* On a connection, which stays open until it is clear what becomes of it. */
static long ask(int *fd, struct msg *msg)
{
	*fd = rt_client_open();
	return *fd < 0 ? *fd : rt_client_call(*fd, msg, NULL);
}

/*
 * The server seizes this thread.  Mostly that is one call, which gives a copy
 * of the runtime's file (*is_file); else there is a connection.
 */
static long be_seized(int *fd, struct msg *msg, bool *is_file)
{
	long r = 0;

	open_memory();
	*fd = rt_knock_exec(msg->exec.filters, msg->exec.virtual_ignored,
			    msg->exec.mask);
	*is_file = *fd >= 0;
	if (!*is_file)
		r = ask(fd, msg);
	close_memory();
	return r;
}

static void let_go(int fd, struct msg *msg, bool is_file)
{
	if (is_file) {
		sys1(__NR_close, fd);
		fd = rt_client_open();
	}
	msg->type = MSG_EXEC_FAILED;
	if (fd < 0)
		return;
	rt_client_call(fd, msg, NULL);
	sys1(__NR_close, fd);
}

long rt_exec(struct thread *t, struct kucontext *uc, int dirfd, uint64_t path,
	     uint64_t argv, uint64_t envp, int flags, bool at)
{
	struct msg msg = { .type = MSG_EXEC };
	bool is_file;
	long r;
	int fd;

	/* a search along PATH mostly fails: the server need not know */
	r = sys4(__NR_faccessat2, dirfd, path, 1 /* X_OK */,
		 AT_EACCESS | (flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)));
	if (r < 0 && r != -ENOSYS)
		return r;
	/* Yama may let only ancestors trace; children do not inherit this */
	sys2(__NR_prctl, PR_SET_PTRACER, rt_params.supervisor_pid);
	msg.exec.tid = sys_gettid();
	msg.exec.filters = rt_process.filter.installed;
	msg.exec.mask = rt_program_mask(t, uc);
	msg.exec.virtual_ignored = ignored_sync(t);
	rt_trace_before_exec(t);
	r = be_seized(&fd, &msg, &is_file);
	if (r) {
		complain((int)r, path, r == -EPERM ? msg.exec.tracer : 0);
		if (fd >= 0)
			sys1(__NR_close, fd);
		return r == -EMFILE ? -EMFILE : -EPERM;
	}
	/* a tracer waits for the SIGTRAP of the new image */
	rt_signals_unblock(RT_SYNC_SIGNALS);
	r = make(dirfd, path, argv, envp, flags, at);
	let_go(fd, &msg, is_file);
	return r;
}
