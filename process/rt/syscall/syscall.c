/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A system call that a filter trapped.  What concerns SGX or our own life is
 * done here; everything else the program makes itself, through the gadget.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "process/control.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/door.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"
#include "process/rt/filter/filter.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/lp.h"
#include "process/rt/lp/record.h"
#include "process/rt/platform/platform.h"
#include "process/rt/rt.h"
#include "process/rt/shortcut/shortcut.h"
#include "process/rt/signal/signal.h"
#include "process/rt/syscall/calls.h"
#include "process/rt/syscall/device.h"
#include "process/rt/syscall/syscall.h"

static enum rt_answer do_open(struct kucontext *uc, int dirfd, uint64_t path,
			      uint64_t flags)
{
	bool follow = !(flags & (O_NOFOLLOW | O_EXCL));
	enum sgx_file_kind kind = rt_device_path(dirfd, path, follow);

	if (kind != SGX_FILE_NONE) {
		uc->mc.rax = (uint64_t)rt_device_open(kind, flags);
		rt_record_open(rt_current(), kind, flags, (long)uc->mc.rax);
		return RT_DONE;
	}
	if (!(flags & O_PATH) && rt_aesm_path(dirfd, path)) {
		uc->mc.rax = (uint64_t)-ENXIO;
		return RT_DONE;
	}
	return rt_debug_open(uc, dirfd, path) ||
			       rt_cpuinfo_open(uc, dirfd, path) ?
		       RT_DONE :
		       RT_PASS_ON;
}

static enum rt_answer do_openat2(struct kucontext *uc)
{
	uint64_t flags;

	if (rt_get(&flags, uc->mc.rdx, sizeof(flags)))
		return RT_PASS_ON;
	return do_open(uc, (int)uc->mc.rdi, uc->mc.rsi, flags);
}

/* stat, access and their kin on a path */
static enum rt_answer do_path(struct kucontext *uc, int dirfd, uint64_t path,
			      bool follow)
{
	enum sgx_file_kind kind = rt_device_path(dirfd, path, follow);

	if (kind == SGX_FILE_NONE && rt_aesm_path(dirfd, path)) {
		uc->mc.rax = (uint64_t)rt_aesm_stat(&uc->mc);
		return RT_DONE;
	}
	if (kind == SGX_FILE_NONE)
		return RT_PASS_ON;
	uc->mc.rax = (uint64_t)rt_device_stat(uc->mc.rax, &uc->mc, kind);
	return RT_DONE;
}

/* chmod, chown and their kin on a path */
static enum rt_answer do_change(struct kucontext *uc, int dirfd, uint64_t path,
				bool follow)
{
	if (rt_device_path(dirfd, path, follow) == SGX_FILE_NONE)
		return RT_PASS_ON;
	uc->mc.rax = (uint64_t)rt_device_change();
	return RT_DONE;
}

static enum rt_answer change_syscall(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	switch (mc->rax) {
	case __NR_chmod:
	case __NR_chown:
	case __NR_lchown:
		return do_change(uc, AT_FDCWD, mc->rdi, mc->rax != __NR_lchown);
	case __NR_getdents64:
		return rt_device_list(uc);
	case __NR_fchmodat:
		return do_change(uc, (int)mc->rdi, mc->rsi, true);
	case __NR_fchmodat2_:
		return do_change(uc, (int)mc->rdi, mc->rsi,
				 !(mc->r10 & AT_SYMLINK_NOFOLLOW));
	case __NR_fchownat:
		return do_change(uc, (int)mc->rdi, mc->rsi,
				 !(mc->r8 & AT_SYMLINK_NOFOLLOW));
	default:
		return RT_NOT_MINE;
	}
}

/*
 * stat by descriptor: newfstatat() and statx() with an empty path, fstat().
 * The file that stands for the device is made to look like one.
 */
static enum rt_answer do_fstat(struct kucontext *uc, uint64_t buf)
{
	struct machine_context *mc = &uc->mc;
	uint64_t nr = mc->rax;
	long r = rt_door((long)nr, mc->rdi, mc->rsi, mc->rdx, mc->r10, mc->r8,
			 0);

	mc->rax = (uint64_t)r;
	if (r == 0)
		rt_device_fixup_stat(nr, (int)mc->rdi, buf);
	return RT_DONE;
}

static bool path_is_empty(uint64_t path)
{
	char c = 1;

	return !path || (!rt_get(&c, path, 1) && !c);
}

static enum rt_answer do_statat(struct kucontext *uc, uint64_t flags,
				uint64_t buf)
{
	if ((flags & AT_EMPTY_PATH) && path_is_empty(uc->mc.rsi) &&
	    rt_process.attached)
		return do_fstat(uc, buf);
	return do_path(uc, (int)uc->mc.rdi, uc->mc.rsi,
		       !(flags & AT_SYMLINK_NOFOLLOW));
}

/*
 * A signal interrupted a call of ours before it did anything: it is made again
 * after the handler, or returns EINTR, as the handler's SA_RESTART says.
 */
static void restart(struct thread *t, struct kucontext *uc)
{
	uint64_t set = 0;
	int sig;

	sys2(__NR_rt_sigpending, &set, 8);
	set &= t->signal.interruptible;
	sig = set ? __builtin_ctzll(set) + 1 : 0;
	if (sig && t->signal.state.actions[sig].handler > RT_SIG_IGN &&
	    !(t->signal.state.actions[sig].flags & SA_RESTART))
		uc->mc.rax = (uint64_t)-EINTR;
	else
		uc->mc.rip -= 2; /* RAX still has the number */
}

static enum rt_answer do_ioctl(struct thread *t, struct kucontext *uc)
{
	bool ours = false;
	long r;

	if ((int)uc->mc.rdi == -1 && (uint32_t)uc->mc.rsi == RT_CONTROL) {
		uc->mc.rax = (uint64_t)rt_control(uc->mc.rdx);
		return RT_DONE;
	}
	t->signal.interruptible = rt_interruptible(t, uc);
	t->signal.asked = 0;
	r = rt_device_ioctl(t, (int)uc->mc.rdi, (uint32_t)uc->mc.rsi,
			    uc->mc.rdx, &ours);
	if (!ours)
		return RT_PASS_ON;
	if (r == -ERESTARTSYS)
		restart(t, uc);
	else
		uc->mc.rax = (uint64_t)r;
	return RT_DONE;
}

static enum rt_answer do_exec(struct thread *t, struct kucontext *uc, bool at)
{
	struct machine_context *mc = &uc->mc;

	mc->rax = (uint64_t)(at ? rt_exec(t, uc, (int)mc->rdi, mc->rsi, mc->rdx,
					  mc->r10, (int)mc->r8, true) :
				  rt_exec(t, uc, AT_FDCWD, mc->rdi, mc->rsi,
					  mc->rdx, 0, false));
	return RT_DONE;
}

static enum rt_answer file_syscall(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	(void)t;
	switch (mc->rax) {
	case __NR_open:
		return do_open(uc, AT_FDCWD, mc->rdi, mc->rsi);
	case __NR_openat:
		return do_open(uc, (int)mc->rdi, mc->rsi, mc->rdx);
	case __NR_openat2:
		return do_openat2(uc);
	case __NR_stat:
	case __NR_lstat:
	case __NR_access:
		return do_path(uc, AT_FDCWD, mc->rdi, mc->rax != __NR_lstat);
	case __NR_faccessat:
		return do_path(uc, (int)mc->rdi, mc->rsi, true);
	case __NR_faccessat2:
		return do_path(uc, (int)mc->rdi, mc->rsi,
			       !(mc->r10 & AT_SYMLINK_NOFOLLOW));
	case __NR_newfstatat:
		return do_statat(uc, mc->r10, mc->rdx);
	case __NR_statx:
		return do_statat(uc, mc->rdx, mc->r8);
	case __NR_fstat:
		return do_fstat(uc, mc->rsi);
	default:
		return change_syscall(uc);
	}
}

/*
 * A handler returns to the AEP: what stands there is done here, and needs no
 * trap of its own.  A signal that is pending now finds the enclave entered.
 */
static void enter_at_return(struct thread *t, struct kucontext *uc)
{
	if (rt_returns_to_enclu(t, uc) && !rt_attach())
		rt_enclu(t, uc, uc->mc.rip, 0);
}

static enum rt_answer signal_syscall(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	switch (mc->rax) {
	case __NR_rt_sigaction:
		mc->rax = (uint64_t)rt_sigaction(t, (int)mc->rdi, mc->rsi,
						 mc->rdx, mc->r10);
		return RT_DONE;
	case __NR_rt_sigprocmask:
		mc->rax = (uint64_t)rt_sigprocmask(t, uc, (int)mc->rdi, mc->rsi,
						   mc->rdx, mc->r10);
		return RT_DONE;
	case __NR_sigaltstack:
		mc->rax = (uint64_t)rt_sigaltstack(t, mc->rdi, mc->rsi,
						   mc->rsp);
		return RT_DONE;
	case __NR_rt_sigreturn:
		rt_sigreturn(t, uc);
		enter_at_return(t, uc);
		return RT_DONE;
	default:
		return RT_NOT_MINE;
	}
}

static enum rt_answer other_syscall(struct thread *t, struct kucontext *uc)
{
	switch (uc->mc.rax) {
	case __NR_ioctl:
		return do_ioctl(t, uc);
	case __NR_execve:
		return do_exec(t, uc, false);
	case __NR_execveat:
		return do_exec(t, uc, true);
	case __NR_clone3:
		return rt_clone3(t, uc);
	case __NR_clone:
	case __NR_vfork:
		return rt_clone(t, uc);
	case __NR_connect:
		return rt_aesm_connect(uc);
	case __NR_modify_ldt:
		rt_identity_end();
		return RT_PASS_ON;
	default:
		return RT_NOT_MINE;
	}
}

static enum rt_answer answer(struct thread *t, struct kucontext *uc)
{
	static enum rt_answer (*const subjects[])(struct thread * t,
						  struct kucontext * uc) = {
		file_syscall,      signal_syscall,     rt_sigwait_syscall,
		rt_debug_syscall,  rt_seccomp_syscall, other_syscall,
		rt_memory_syscall,
	};

	for (unsigned int i = 0; i < sizeof(subjects) / sizeof(subjects[0]);
	     i++) {
		enum rt_answer is = subjects[i](t, uc);

		if (is != RT_NOT_MINE)
			return is;
	}
	return RT_PASS_ON;
}

void rt_syscall(struct thread *t, struct kucontext *uc)
{
	if (rt_process.syscall.traces && rt_is_own(t))
		rt_filter_debug();
	rt_shortcut_trapped(t, uc);
	if (answer(t, uc) == RT_PASS_ON)
		rt_pass_on(uc);
}
