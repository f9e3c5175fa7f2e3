/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building and entering the test enclave; see victim.h.
 */
#define _GNU_SOURCE
#include "tests/process/victim.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/process/check.h"

/* A file in the directory that the program itself lies in. */
static void beside(char path[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);

	if (n < 0)
		check_fatal("/proc/self/exe: %s", strerror(errno));
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, name);
}

const char *victim_enclave_path(void)
{
	static char path[PATH_MAX];

	beside(path, "victim-enclave.elf");
	return path;
}

const struct enclave_key *victim_key(void)
{
	static struct enclave_key *key;
	char path[PATH_MAX];

	if (key)
		return key;
	beside(path, "victim-key.pem");
	key = access(path, R_OK) ? enclave_key_generate() :
				   enclave_key_load(path);
	if (!key)
		check_fatal("key: %s", enclave_error());
	return key;
}

uint32_t victim_wide(void)
{
	return __builtin_cpu_supports("avx2") ? 1 : 0;
}

void victim_build(struct enclave *e)
{
	struct enclave_options options = {
		.miscselect = MISCSELECT_EXINFO,
		.xfrm = victim_wide() ? XFRM_AVX : 0,
	};

	if (enclave_load(e, victim_enclave_path(), victim_key(), &options))
		check_fatal("enclave: %s", enclave_error());
}

struct enclave_exit victim_enter(const struct enclave *e, unsigned tcs,
				 struct request *request)
{
	struct enclave_exit exit;

	memset(&exit, 0, sizeof(exit));
	request->done = 0;
	CHECK_EQ(enclave_enter(e, tcs, request, &exit), 0);
	return exit;
}

static bool enter_raw(const struct enclave *e, unsigned tcs,
		      struct request *request)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)request };

	request->done = 0;
	return enclave_enter_raw(e->tcs[tcs], ENCLU_EENTER, &regs) == 0 &&
	       request->done == OP_DONE;
}

bool victim_call(const struct enclave *e, unsigned tcs, enum victim_way way,
		 struct request *request)
{
	struct enclave_exit exit;

	if (way == BY_ENCLU)
		return enter_raw(e, tcs, request);
	exit = victim_enter(e, tcs, request);
	return exit.function == ENCLU_EEXIT && request->done == OP_DONE;
}

void victim_handle(int sig, void (*handler)(int, siginfo_t *, void *),
		   int flags)
{
	struct sigaction sa = { .sa_sigaction = handler,
				.sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, &sa, NULL))
		check_fatal("sigaction(%d): %s", sig, strerror(errno));
}
