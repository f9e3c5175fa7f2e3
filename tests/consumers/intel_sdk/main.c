/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Intel's SGX SDK asks of a host, in hardware mode: psw/urts and
 * libsgx_enclave_common of version 2.26, and SampleCommonLoader.
 */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include "tests/process/fixture/check.h"

struct enclave sdk_enclave = ENCLAVE_NONE;

static const struct fact *const tables[] = { sdk_host_facts,
					     sdk_build_facts,
					     sdk_vdso_facts,
					     sdk_signal_facts,
					     sdk_switchless_facts,
					     sdk_loss_facts,
					     NULL };
FACTS_ROWS("Intel SGX SDK 2.26", "psw/urts, SampleCommonLoader", "intel_sdk",
	   tables)

int main(int argc, char **argv)
{
	facts_begin(argc, argv);
	check_timeout(45);
	plan_build(&sdk_plan, &sdk_enclave);
	return facts_run(tables);
}
