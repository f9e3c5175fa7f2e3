/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * contained [--no-ptrace] PROGRAM [ARGUMENT]...: runs a program with the
 * capabilities of a container and a seccomp filter that refuses, as the usual
 * container profile does, what administers the machine: EPERM, and ENOSYS for
 * clone3, whose flags a filter cannot see.  seccomp(2), capabilities(7).
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a container keeps of root's capabilities. */
/* clang-format off */
static const int kept[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_MKNOD,
	CAP_NET_RAW, CAP_SETGID, CAP_SETUID, CAP_SETFCAP, CAP_SETPCAP,
	CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL, CAP_AUDIT_WRITE,
};

static const unsigned refused[] = {
	SYS_acct, SYS_add_key, SYS_bpf, SYS_clock_adjtime, SYS_clock_settime,
	SYS_delete_module, SYS_fanotify_init, SYS_finit_module, SYS_fsconfig,
	SYS_fsmount, SYS_fsopen, SYS_fspick, SYS_get_mempolicy,
	SYS_init_module, SYS_io_uring_enter, SYS_io_uring_register,
	SYS_io_uring_setup, SYS_ioperm, SYS_iopl, SYS_kcmp,
	SYS_kexec_file_load, SYS_kexec_load, SYS_keyctl, SYS_lookup_dcookie,
	SYS_mbind, SYS_mount, SYS_mount_setattr, SYS_move_mount,
	SYS_move_pages, SYS_name_to_handle_at, SYS_open_by_handle_at,
	SYS_open_tree, SYS_perf_event_open, SYS_pidfd_getfd, SYS_pivot_root,
	SYS_process_madvise, SYS_quotactl, SYS_reboot, SYS_request_key,
	SYS_set_mempolicy, SYS_sethostname, SYS_setns, SYS_settimeofday,
	SYS_swapoff, SYS_swapon, SYS_syslog, SYS_umount2, SYS_unshare,
	SYS_userfaultfd, SYS_vhangup,
};
/* clang-format on */

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct program {
	struct sock_filter filter[256];
	unsigned short len;
};

static void add(struct program *p, struct sock_filter instruction)
{
	p->filter[p->len++] = instruction;
}

static void load(struct program *p, unsigned offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void ret(struct program *p, unsigned action)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Run the next instruction only if the loaded word is `value`. */
static void if_equal(struct program *p, unsigned value)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0,
					    1));
}

static void refuse(struct program *p, unsigned number, int error)
{
	if_equal(p, number);
	ret(p, SECCOMP_RET_ERRNO | (unsigned)error);
}

/* clone() without new namespaces only; ends the filter for it. */
static void filter_clone(struct program *p)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					    SYS_clone, 0, 4));
	load(p, offsetof(struct seccomp_data, args));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
					    NAMESPACES, 0, 1));
	ret(p, SECCOMP_RET_ERRNO | EPERM);
	ret(p, SECCOMP_RET_ALLOW);
}

/* personality(): the default and the query, nothing that weakens ASLR. */
static void filter_personality(struct program *p)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					    SYS_personality, 0, 6));
	load(p, offsetof(struct seccomp_data, args));
	if_equal(p, 0);
	ret(p, SECCOMP_RET_ALLOW);
	if_equal(p, 0xffffffff);
	ret(p, SECCOMP_RET_ALLOW);
	ret(p, SECCOMP_RET_ERRNO | EPERM);
}

static void build(struct program *p, int no_ptrace)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					    AUDIT_ARCH_X86_64, 1, 0));
	ret(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
	refuse(p, SYS_clone3, ENOSYS);
	for (size_t i = 0; i < COUNT(refused); i++)
		refuse(p, refused[i], EPERM);
	if (no_ptrace)
		refuse(p, SYS_ptrace, EPERM);
	filter_clone(p);
	filter_personality(p);
	ret(p, SECCOMP_RET_ALLOW);
}

static void check(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(125);
	}
}

static uint64_t kept_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < COUNT(kept); i++)
		mask |= 1ull << kept[i];
	return mask;
}

/* A user without capabilities has none to lose. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	uint64_t mask = kept_mask();

	if (geteuid() != 0)
		return;
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!(mask >> cap & 1))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	check(syscall(SYS_capget, &header, data), "capget");
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(mask >> 32 * i);
		data[i].effective &= (uint32_t)(mask >> 32 * i);
		data[i].inheritable = 0;
	}
	check(syscall(SYS_capset, &header, data), "capset");
}

/* Installed while CAP_SYS_ADMIN is there, without no_new_privs, as usual. */
static void install(struct program *p)
{
	struct sock_fprog fprog = { .len = p->len, .filter = p->filter };

	if (geteuid() != 0)
		check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog),
	      "seccomp");
}

int main(int argc, char **argv)
{
	static struct program program;
	int no_ptrace = argc > 1 && !strcmp(argv[1], "--no-ptrace");

	argv += 1 + no_ptrace;
	if (argc - no_ptrace < 2) {
		fputs("usage: contained [--no-ptrace] PROGRAM...\n", stderr);
		return 125;
	}
	build(&program, no_ptrace);
	install(&program);
	drop_capabilities();
	execvp(argv[0], argv);
	perror(argv[0]);
	return errno == ENOENT ? 127 : 126;
}
