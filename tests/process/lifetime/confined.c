/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that confine themselves by seccomp(2), before they use SGX or after:
 * what SGX makes no system call for works; and what they forbid stays
 * forbidden, also where the runtime looks at a call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(k, t, f)   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ROUNDS        1000

static struct enclave enclave = ENCLAVE_NONE;

static void install(const struct sock_filter *f, size_t n, unsigned flags)
{
	struct sock_fprog p = { (unsigned short)n, (struct sock_filter *)f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		check_fatal("no_new_privs: %s", strerror(errno));
	if (flags ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p) :
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p))
		check_fatal("seccomp: %s", strerror(errno));
}

/* The system call fails so, if its argument 0 is this (-1: whatever it is). */
static void refuse(unsigned nr, unsigned arg0, unsigned error)
{
	const struct sock_filter f[] = {
		LOAD(nr),
		IF(nr, 0, 3),
		LOAD(args[0]),
		BPF_JUMP(BPF_JMP | (arg0 == -1u ? BPF_JGE : BPF_JEQ) | BPF_K,
			 arg0 == -1u ? 0 : arg0, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | error),
		RETURN(SECCOMP_RET_ALLOW),
	};

	install(f, sizeof(f) / sizeof(f[0]), 0);
}

/* Only these, and everything else is the end. */
static void allow_few(void)
{
	static const struct sock_filter f[] = {
		LOAD(nr),
		IF(SYS_read, 5, 0),
		IF(SYS_write, 4, 0),
		IF(SYS_futex, 3, 0),
		IF(SYS_exit, 2, 0),
		IF(SYS_exit_group, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};

	install(f, sizeof(f) / sizeof(f[0]), 0);
}

static void enter(void)
{
	uint64_t want = mix(ROUNDS, 0);
	struct enclave_exit exit;

	for (int way = BY_VDSO; way <= BY_ENCLU; way++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		CHECK(victim_call(&enclave, 0, (enum victim_way)way, &r));
		CHECK_EQ(r.value, want);
	}
	exit = victim_enter(&enclave, 1, &(struct request){ .op = OP_UD2 });
	CHECK_EQ(exit.vector, 6);
}

/* exit_group() is not for strict mode. */
static void leave(void)
{
	syscall(SYS_exit, check_failures() != 0);
}

static void filtered(void)
{
	allow_few();
	enter();
	leave();
}

static void confined_strictly(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		check_fatal("strict mode: %s", strerror(errno));
	enter();
	leave();
}

static void strict_by_seccomp(void)
{
	CHECK_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL),
		    EINVAL);
	CHECK_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, ""),
		    EINVAL);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL))
		check_fatal("strict mode: %s", strerror(errno));
	enter();
	leave();
}

static void filtered_forbidden(void)
{
	allow_few();
	syscall(SYS_getppid);
	leave();
}

static void filtered_forbidden_watched(void)
{
	allow_few();
	open("/dev/sgx_enclave", O_RDWR);
	leave();
}

static void strict_forbidden(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_getppid);
	leave();
}

static void strict_forbidden_watched(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	open("/dev/sgx_enclave", O_RDWR);
	leave();
}

/* What has no filter, and wants strict mode, can have it; not the others. */
static void strict_after_filter(void)
{
	refuse(SYS_socket, AF_NETLINK, EPERM);
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL);
}

static void build(void)
{
	victim_build(&enclave);
	enter();
}

static void no_unix_sockets(void)
{
	refuse(SYS_socket, AF_UNIX, EAFNOSUPPORT);
	CHECK_FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_EQ(system("exit 7"), 7 << 8);
	build();
}

static void no_seccomp(void)
{
	refuse(SYS_seccomp, -1u, EPERM);
	CHECK_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL),
		    EPERM);
	build();
}

static pthread_barrier_t both;

static void *has_its_own(void *arg)
{
	refuse(SYS_socket, AF_NETLINK, EPERM);
	pthread_barrier_wait(&both);
	CHECK_FAILS(socket(AF_NETLINK, SOCK_RAW, 0), EPERM);
	pthread_barrier_wait(&both);
	return arg;
}

static void a_threads_own(void)
{
	pthread_t thread;

	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, has_its_own, NULL);
	pthread_barrier_wait(&both);
	build();
	pthread_barrier_wait(&both);
	pthread_join(thread, NULL);
}

static long clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* Calls that the runtime looks at, and makes on behalf of the program. */
static void forbidden(void)
{
	char *const argv[] = { "true", NULL };
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	build();
	refuse(SYS_mprotect, -1u, ENOTTY);
	CHECK_FAILS(mprotect(p, 4096, PROT_NONE), ENOTTY);
	refuse(SYS_munmap, -1u, ENOMSG);
	CHECK_FAILS(munmap(p, 4096), ENOMSG);
	refuse(SYS_clone3, -1u, ENOSYS);
	CHECK_FAILS(clone3(), ENOSYS);
	refuse(SYS_openat, -1u, ELOOP);
	CHECK_FAILS(open("/etc/passwd", O_RDONLY), ELOOP);
	refuse(SYS_execve, -1u, EDOM);
	CHECK_FAILS(execve("/bin/true", argv, NULL), EDOM);
	enter();
}

static void errors(void)
{
	struct sock_filter f[] = { RETURN(SECCOMP_RET_ALLOW) };
	struct sock_fprog p = { 0, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), EINVAL);
	p.len = 4097;
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), EINVAL);
	p.len = 1;
	p.filter = (void *)8;
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), EFAULT);
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 8), EFAULT);
	CHECK_FAILS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &p),
		    EINVAL);
	p.filter = f;
	f[0].code = 0xffff;
	CHECK_FAILS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), EINVAL);
	f[0] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			 SECCOMP_FILTER_FLAG_TSYNC, &p),
		 0);
}

/* The first instruction finds A to be 0. */
static void starts_at_zero(void)
{
	static const struct sock_filter f[] = {
		IF(0, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};

	install(f, sizeof(f) / sizeof(f[0]), 0);
	CHECK(getppid() > 0);
}

static const struct scene {
	const char *name;
	void (*body)(void);
	bool built;
	int killed_by;
} scenes[] = {
	{ "filtered when it has loaded", filtered, true, 0 },
	{ "strict mode when it has loaded", confined_strictly, true, 0 },
	{ "the same by seccomp()", strict_by_seccomp, true, 0 },
	{ "forbidden by the filter", filtered_forbidden, true, SIGSYS },
	{ "forbidden, of the runtime's", filtered_forbidden_watched, true,
	  SIGSYS },
	{ "forbidden in strict mode", strict_forbidden, true, SIGKILL },
	{ "forbidden there, of the runtime's", strict_forbidden_watched, true,
	  SIGKILL },
	{ "strict mode after a filter", strict_after_filter, false, 0 },
	{ "no sockets of the kind", no_unix_sockets, false, 0 },
	{ "no seccomp()", no_seccomp, false, 0 },
	{ "a thread has a filter of its own", a_threads_own, false, 0 },
	{ "refused on its behalf", forbidden, false, 0 },
	{ "errors", errors, false, 0 },
	{ "a filter's state", starts_at_zero, false, 0 },
};

static void (*body)(void);

static void load_and_run(void)
{
	victim_build(&enclave);
	body();
}

int main(void)
{
	check_timeout(100);
	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		const struct scene *s = &scenes[i];
		int status;

		check_section(s->name);
		body = s->body;
		status = check_in_child(s->built ? load_and_run : body, 20);
		/* a core dump says so, too */
		if (s->killed_by)
			CHECK_EQ(status & 0x7f, s->killed_by);
		else
			CHECK_EQ(status, 0);
	}
	return check_result();
}
