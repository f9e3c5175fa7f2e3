/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A system call that a filter trapped.  What concerns SGX or our own life is
 * done here; everything else the program makes itself, through the gadget.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "process/control.h"
#include "process/rt/rt.h"
#include "process/rt/base/sys.h"
#include "process/rt/base/uaccess.h"

#define RED_ZONE 128

void rt_pass_on(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	uint64_t sp = mc->rsp - RED_ZONE - 8;
	uint64_t back = rt_outside_syscall(uc);

	if (rt_put(sp, &back, sizeof(back))) {
		/* no stack to return through: make it here */
		mc->rax = (uint64_t)rt_door((long)mc->rax, mc->rdi, mc->rsi,
					    mc->rdx, mc->r10, mc->r8, mc->r9);
		mc->rip = back;
		return;
	}
	mc->rsp = sp;
	mc->rip = (uint64_t)rt_gadget_syscall;
}

/* clone.c: the same, at a place that uses no stack */
static bool leave_site(struct machine_context *mc)
{
	uint64_t off = mc->rip - (uint64_t)rt_sites_start;
	uint64_t back;

	if (off >= (uint64_t)rt_sites_end - (uint64_t)rt_sites_start)
		return false;
	back = rt_sites[off / RT_SITE_SIZE];
	mc->rip = off % RT_SITE_SIZE ? back : back - 2;
	return true;
}

void rt_leave_gadget(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;
	bool before = mc->rip == (uint64_t)rt_gadget_syscall;
	uint64_t rip;

	if (leave_site(mc))
		return;
	if (!before && mc->rip != (uint64_t)rt_gadget_return)
		return;
	if (rt_get(&rip, mc->rsp, sizeof(rip)))
		rt_panic("a thread lost its stack during a system call");
	mc->rsp += RED_ZONE + 8;
	/* before: the call is to be made (again), from its own site */
	mc->rip = before ? rip - 2 : rip;
}

static void do_open(struct kucontext *uc, int dirfd, uint64_t path,
		    uint64_t flags)
{
	bool follow = !(flags & (O_NOFOLLOW | O_EXCL));
	enum sgx_file_kind kind = rt_device_path(dirfd, path, follow);

	if (kind != SGX_FILE_NONE)
		uc->mc.rax = (uint64_t)rt_device_open(kind, flags);
	else if (!rt_debug_open(uc, dirfd, path) &&
		 !rt_cpuinfo_open(uc, dirfd, path))
		rt_pass_on(uc);
}

static void do_openat2(struct kucontext *uc)
{
	uint64_t flags;

	if (rt_get(&flags, uc->mc.rdx, sizeof(flags)))
		rt_pass_on(uc);
	else
		do_open(uc, (int)uc->mc.rdi, uc->mc.rsi, flags);
}

/* stat, access and their kin on a path */
static void do_path(struct kucontext *uc, int dirfd, uint64_t path, bool follow)
{
	enum sgx_file_kind kind = rt_device_path(dirfd, path, follow);

	if (kind == SGX_FILE_NONE)
		rt_pass_on(uc);
	else
		uc->mc.rax = (uint64_t)rt_device_stat(uc->mc.rax, &uc->mc,
						      kind);
}

/* chmod, chown and their kin on a path */
static void do_change(struct kucontext *uc, int dirfd, uint64_t path,
		      bool follow)
{
	if (rt_device_path(dirfd, path, follow) == SGX_FILE_NONE)
		rt_pass_on(uc);
	else
		uc->mc.rax = (uint64_t)rt_device_change();
}

static bool change_syscall(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	switch (mc->rax) {
	case __NR_chmod:
	case __NR_chown:
	case __NR_lchown:
		do_change(uc, AT_FDCWD, mc->rdi, mc->rax != __NR_lchown);
		return true;
	case __NR_getdents64:
		rt_device_list(uc);
		return true;
	case __NR_fchmodat:
		do_change(uc, (int)mc->rdi, mc->rsi, true);
		return true;
	case __NR_fchmodat2_:
		do_change(uc, (int)mc->rdi, mc->rsi,
			  !(mc->r10 & AT_SYMLINK_NOFOLLOW));
		return true;
	case __NR_fchownat:
		do_change(uc, (int)mc->rdi, mc->rsi,
			  !(mc->r8 & AT_SYMLINK_NOFOLLOW));
		return true;
	default:
		return false;
	}
}

/*
 * stat by descriptor: newfstatat() and statx() with an empty path, fstat().
 * The file that stands for the device is made to look like one.
 */
static void do_fstat(struct kucontext *uc, uint64_t buf)
{
	struct machine_context *mc = &uc->mc;
	uint64_t nr = mc->rax;
	long r = rt_door((long)nr, mc->rdi, mc->rsi, mc->rdx, mc->r10, mc->r8,
			 0);

	mc->rax = (uint64_t)r;
	if (r == 0)
		rt_device_fixup_stat(nr, (int)mc->rdi, buf);
}

static bool path_is_empty(uint64_t path)
{
	char c = 1;

	return !path || (!rt_get(&c, path, 1) && !c);
}

static void do_statat(struct kucontext *uc, uint64_t flags, uint64_t buf)
{
	if ((flags & AT_EMPTY_PATH) && path_is_empty(uc->mc.rsi) &&
	    rt_process.attached)
		do_fstat(uc, buf);
	else
		do_path(uc, (int)uc->mc.rdi, uc->mc.rsi,
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
	set &= t->interruptible;
	sig = set ? __builtin_ctzll(set) + 1 : 0;
	if (sig && t->sig.actions[sig].handler > 1 &&
	    !(t->sig.actions[sig].flags & SA_RESTART))
		uc->mc.rax = (uint64_t)-EINTR;
	else
		uc->mc.rip -= 2;	/* RAX still has the number */
}

static void do_ioctl(struct thread *t, struct kucontext *uc)
{
	bool ours = false;
	long r;

	if ((int)uc->mc.rdi == -1 && (uint32_t)uc->mc.rsi == RT_CONTROL) {
		uc->mc.rax = (uint64_t)rt_control(uc->mc.rdx);
		return;
	}
	t->interruptible = rt_interruptible(t, uc);
	t->signal_asked = 0;
	r = rt_device_ioctl(t, (int)uc->mc.rdi, (uint32_t)uc->mc.rsi,
			    uc->mc.rdx, &ours);

	if (!ours)
		rt_pass_on(uc);
	else if (r == -ERESTARTSYS)
		restart(t, uc);
	else
		uc->mc.rax = (uint64_t)r;
}

static void do_exec(struct thread *t, struct kucontext *uc, bool at)
{
	struct machine_context *mc = &uc->mc;

	mc->rax = (uint64_t)(at ? rt_exec(t, uc, (int)mc->rdi, mc->rsi, mc->rdx,
					  mc->r10, (int)mc->r8, true)
				: rt_exec(t, uc, AT_FDCWD, mc->rdi, mc->rsi,
					  mc->rdx, 0, false));
}

static bool file_syscall(struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	switch (mc->rax) {
	case __NR_open:
		do_open(uc, AT_FDCWD, mc->rdi, mc->rsi);
		return true;
	case __NR_openat:
		do_open(uc, (int)mc->rdi, mc->rsi, mc->rdx);
		return true;
	case __NR_openat2:
		do_openat2(uc);
		return true;
	case __NR_stat:
	case __NR_lstat:
	case __NR_access:
		do_path(uc, AT_FDCWD, mc->rdi, mc->rax != __NR_lstat);
		return true;
	case __NR_faccessat:
		do_path(uc, (int)mc->rdi, mc->rsi, true);
		return true;
	case __NR_faccessat2:
		do_path(uc, (int)mc->rdi, mc->rsi,
			!(mc->r10 & AT_SYMLINK_NOFOLLOW));
		return true;
	case __NR_newfstatat:
		do_statat(uc, mc->r10, mc->rdx);
		return true;
	case __NR_statx:
		do_statat(uc, mc->rdx, mc->r8);
		return true;
	case __NR_fstat:
		do_fstat(uc, mc->rsi);
		return true;
	default:
		return change_syscall(uc);
	}
}

static bool signal_syscall(struct thread *t, struct kucontext *uc)
{
	struct machine_context *mc = &uc->mc;

	switch (mc->rax) {
	case __NR_rt_sigaction:
		mc->rax = (uint64_t)rt_sigaction(t, (int)mc->rdi, mc->rsi,
						 mc->rdx, mc->r10);
		return true;
	case __NR_rt_sigprocmask:
		mc->rax = (uint64_t)rt_sigprocmask(t, uc, (int)mc->rdi, mc->rsi,
						   mc->rdx, mc->r10);
		return true;
	case __NR_sigaltstack:
		mc->rax = (uint64_t)rt_sigaltstack(t, mc->rdi, mc->rsi,
						   mc->rsp);
		return true;
	case __NR_rt_sigreturn:
		rt_sigreturn(t, uc);
		rt_enclu_at_return(t, uc);
		return true;
	default:
		return false;
	}
}

void rt_syscall(struct thread *t, struct kucontext *uc)
{
	if (rt_process.traces && rt_is_own(t))
		rt_filter_debug();
	if (file_syscall(uc) || signal_syscall(t, uc) ||
	    rt_sigwait_syscall(t, uc) || rt_debug_syscall(t, uc) ||
	    rt_seccomp_syscall(uc))
		return;
	switch (uc->mc.rax) {
	case __NR_ioctl:
		do_ioctl(t, uc);
		break;
	case __NR_execve:
		do_exec(t, uc, false);
		break;
	case __NR_execveat:
		do_exec(t, uc, true);
		break;
	case __NR_clone3:
		rt_clone3(t, uc);
		break;
	default:
		if (!rt_memory_syscall(uc))
			rt_pass_on(uc);
	}
}
