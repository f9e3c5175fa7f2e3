/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes of `swsgx check`: catching system calls, by a seccomp filter in one
 * thread and in all of them, with and without no_new_privs, and by Syscall User
 * Dispatch.
 * seccomp(2); Linux Documentation/admin-guide/syscall-user-dispatch.rst.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/check/probe.h"

static volatile sig_atomic_t caught;
static volatile char dispatch_selector;

static void catch_sigsys(int sig)
{
	(void)sig;
	caught = 1;
	/* otherwise the handler's own return is caught as well */
	dispatch_selector = SYSCALL_DISPATCH_FILTER_ALLOW;
}

/* The filter turns getppid(2) into SIGSYS and allows everything else. */
static int install_filter(unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			      &program);

	if (result > 0)
		return EBUSY; /* TSYNC could not reach a thread */
	return result ? errno : 0;
}

static int forgo_privileges(struct probe_child *child)
{
	child->step = "prctl(PR_SET_NO_NEW_PRIVS)";
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
}

static int try_trap(struct probe_child *child)
{
	int error = forgo_privileges(child);

	if (error)
		return error;
	signal(SIGSYS, catch_sigsys);
	child->step = "seccomp(SECCOMP_SET_MODE_FILTER)";
	error = install_filter(0);
	if (error)
		return error;
	child->step = "a filtered call raises no SIGSYS";
	syscall(SYS_getppid);
	return caught ? 0 : ENOTSUP;
}

static void filter_cure(struct probe_result *result)
{
	if (probe_own_status("Seccomp:") > 0)
		probe_cure(result, PROBE_CURE_PROFILE "seccomp(2) and "
						      "prctl(2)");
	else
		probe_cure(result, "a kernel with CONFIG_SECCOMP_FILTER");
}

void probe_seccomp_trap(struct probe_result *result)
{
	if (probe_try(result, try_trap))
		probe_found(result, "SECCOMP_RET_TRAP works%s",
			    probe_own_status("Seccomp:") > 0 ?
				    ", beside a filter that is there already" :
				    "");
	else
		filter_cure(result);
}

static void *call_when_told(void *pipe_end)
{
	char byte;

	if (read(*(int *)pipe_end, &byte, 1) == 1)
		syscall(SYS_getppid);
	return NULL;
}

static int try_tsync(struct probe_child *child)
{
	pthread_t thread;
	int ends[2];
	int error = forgo_privileges(child);

	if (error)
		return error;
	signal(SIGSYS, catch_sigsys);
	child->step = "a second thread";
	if (pipe(ends))
		return errno;
	error = pthread_create(&thread, NULL, call_when_told, ends);
	if (error)
		return error;
	child->step = "seccomp(SECCOMP_FILTER_FLAG_TSYNC)";
	error = install_filter(SECCOMP_FILTER_FLAG_TSYNC);
	if (error)
		return error;
	child->step = "the other thread is not filtered";
	if (write(ends[1], "", 1) != 1)
		return errno;
	pthread_join(thread, NULL);
	return caught ? 0 : ENOTSUP;
}

void probe_seccomp_tsync(struct probe_result *result)
{
	if (probe_try(result, try_tsync))
		probe_found(result, "a filter reaches threads that run");
	else
		filter_cure(result);
}

static int try_privileged(struct probe_child *child)
{
	child->step = "seccomp without no_new_privs";
	return install_filter(0);
}

void probe_no_new_privs(struct probe_result *result)
{
	if (probe_try(result, try_privileged))
		probe_found(result, "not needed: this user may filter without");
	else
		probe_found(result, "needed for this user");
}

static int try_dispatch(struct probe_child *child)
{
	signal(SIGSYS, catch_sigsys);
	child->step = "prctl(PR_SET_SYSCALL_USER_DISPATCH)";
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0,
		  &dispatch_selector))
		return errno;
	child->step = "a dispatched call raises no SIGSYS";
	dispatch_selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	syscall(SYS_getppid);
	dispatch_selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	return caught ? 0 : ENOTSUP;
}

void probe_user_dispatch(struct probe_result *result)
{
	if (probe_try(result, try_dispatch))
		probe_found(result, "a call made in an enclave is caught");
	if (probe_own_status("Seccomp:") > 0)
		probe_cure(result,
			   "Linux 5.11 or newer, and " PROBE_CURE_PROFILE
			   "prctl(2)");
	else
		probe_cure(result, "Linux 5.11 or newer");
}
