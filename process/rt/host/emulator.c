/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * valgrind.  Its process reads the program's code and emulates a processor,
 * which has no SGX.  So that code is not rewritten.  valgrind makes the
 * program's system calls itself.  DEVIATION DP51.
 */
#include "cpu/mem.h"
#include "process/rt/base/log.h"
#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"
#include "process/rt/rt.h"

#define NAME "/valgrind/"

/* Its tools lie in a folder of that name, whoever installed it. */
static bool is_valgrind(void)
{
	char path[512];
	long n = sys3(__NR_readlink, "/proc/self/exe", path, sizeof(path));

	for (long i = 0; i + (long)sizeof(NAME) - 1 <= n; i++)
		if (!memcmp(path + i, NAME, sizeof(NAME) - 1))
			return true;
	return false;
}

void rt_emulator_init(void)
{
	rt_process.host.emulator = is_valgrind();
	if (rt_process.host.emulator && rt_params.cpuid == RT_CPUID_REWRITE)
		rt_params.cpuid = RT_CPUID_OFF;
}

bool rt_emulator_refuses(void)
{
	if (rt_process.host.emulator)
		rt_log("valgrind emulates a processor without SGX, so what "
		       "runs in it cannot use enclaves; start the program "
		       "without valgrind");
	return rt_process.host.emulator;
}
