/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that may not make memory executable: by PR_SET_MDWE, or by the
 * filter that services have from managers which know no better.  An enclave's
 * code is mapped executable and never changed, so it runs; also when the
 * program was started so (`mdwe start mdwe|filter COMMAND...`).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(k, t, f)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define IF_ANY(k, t, f) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k, t, f)
#define RETURN(value)   BPF_STMT(BPF_RET | BPF_K, value)
#define ROUNDS          1000
#define TIMES           200
#define RX              (PROT_READ | PROT_EXEC)
#define PAGE            4096ul

static struct enclave enclave = ENCLAVE_NONE;
static char own_path[4096];

static bool by_prctl(void)
{
	return prctl(PR_SET_MDWE, 1, 0, 0, 0) == 0;
}

/* No mprotect() that gives PROT_EXEC, no mmap() of both. */
static bool by_filter(void)
{
	struct sock_filter f[] = {
		LOAD(nr),
		IF(SYS_mprotect, 2, 0),
		IF(SYS_pkey_mprotect, 1, 0),
		IF(SYS_mmap, 2, 5),
		LOAD(args[2]),
		IF_ANY(PROT_EXEC, 2, 3),
		LOAD(args[2]),
		IF_ANY(PROT_EXEC, 2, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
		IF_ANY(PROT_WRITE, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0;
}

static void call(void)
{
	uint64_t want = mix(ROUNDS, 0);

	for (int i = 0; i < TIMES; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		if (!CHECK(victim_call(&enclave, 0, BY_VDSO, &r)) ||
		    !CHECK_EQ(r.value, want))
			break;
	}
}

static void work(void)
{
	victim_build(&enclave);
	call();
}

/* The enclave's mapping that may be executed; its first page. */
static void *code(void)
{
	unsigned char *base = (void *)(uintptr_t)enclave.base;

	for (uint64_t at = 0; at < enclave.size; at += PAGE)
		if (!mprotect(base + at, PAGE, RX))
			return base + at;
	check_fatal("no code in the enclave");
}

/* What the kernel refuses of ordinary memory, it refuses of an enclave's. */
static void what_is_refused(void)
{
	void *p;

	victim_build(&enclave);
	p = code();
	if (!CHECK(by_prctl()))
		return;
	call();
	CHECK_EQ(mprotect(p, PAGE, RX), 0);
	CHECK_FAILS(mprotect(p, PAGE, RX | PROT_WRITE), EACCES);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ), 0);
	CHECK_FAILS(mprotect(p, PAGE, RX), EACCES);
	CHECK_EQ((uint64_t)(uintptr_t)mmap(p, PAGE, RX, MAP_SHARED | MAP_FIXED,
					   enclave.fd, 0),
		 (uint64_t)(uintptr_t)p);
	call();
	CHECK_FAILS((intptr_t)mmap(p, PAGE, RX | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, enclave.fd, 0),
		    EACCES);
}

static void prctl_first(void)
{
	CHECK(by_prctl());
	work();
}

static void filter_first(void)
{
	CHECK(by_filter());
	work();
}

static void forked(void)
{
	CHECK(by_prctl());
	victim_build(&enclave);
	CHECK_EQ(check_in_child(call, 20), 0);
	call();
}

static void image(bool (*how)(void))
{
	CHECK(how());
	execl(own_path, "mdwe", "work", (char *)NULL);
	check_fatal("%s: %s", own_path, strerror(errno));
}

static void image_prctl(void)
{
	image(by_prctl);
}

static void image_filter(void)
{
	image(by_filter);
}

/* A library that comes later, whose CPUID instructions are seen to. */
static void library(void)
{
	CHECK(by_prctl());
	CHECK(dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL) != NULL);
	CHECK(dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL) != NULL);
	work();
}

static int start(char **argv)
{
	if (!(strcmp(*argv, "mdwe") ? by_filter() : by_prctl()))
		check_skip("this kernel has no PR_SET_MDWE");
	execvp(argv[1], argv + 1);
	check_fatal("%s: %s", argv[1], strerror(errno));
}

static const struct {
	const char *name;
	void (*body)(void);
} scenes[] = {
	{ "what is refused", what_is_refused },
	{ "before it uses SGX", prctl_first },
	{ "by a filter", filter_first },
	{ "a child", forked },
	{ "a new image", image_prctl },
	{ "a new image, by a filter", image_filter },
	{ "a library", library },
};

static void has_mdwe(void)
{
	_exit(by_prctl() ? 0 : CHECK_SKIPPED);
}

int main(int argc, char **argv)
{
	check_timeout(50);
	if (argc > 3 && !strcmp(argv[1], "start"))
		return start(argv + 2);
	if (argc > 1) {
		work();
		return check_result();
	}
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		check_fatal("/proc/self/exe: %s", strerror(errno));
	if (check_in_child(has_mdwe, 5))
		check_skip("this kernel has no PR_SET_MDWE");
	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		check_section(scenes[i].name);
		CHECK_EQ(check_in_child(scenes[i].body, 20), 0);
	}
	return check_result();
}
