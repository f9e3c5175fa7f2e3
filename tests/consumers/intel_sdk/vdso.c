/* SPDX-License-Identifier: BSD-3-Clause */
/* Exceptions by the vDSO: its handler makes an ECALL, then resumes. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <signal.h>

#include "tests/process/fixture/check.h"

static unsigned handler_calls;
static int wanted_vector;

static int exception_ecall(const struct sgx_enclave_run *run)
{
	struct sgx_enclave_run inner = { .tcs = run->tcs };
	struct ask ask = { .op = ASK_SKIP };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	handler_calls++;
	CHECK_EQ(run->exception_vector, wanted_vector);
	CHECK_EQ(enclave_vdso_enter(&inner, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(inner.function, ENCLU_EEXIT);
	CHECK_EQ(ask.cssa, 1);
	return ENCLU_ERESUME;
}

/* ERESUME: an exception ECALL from within, then back in. */
static int on_vdso_exit(long rdi, long rsi, long rdx, long ursp, long r8,
			long r9, struct sgx_enclave_run *run)
{
	victim_clear_ac();
	(void)rdi;
	(void)rsi;
	(void)rdx;
	(void)ursp;
	(void)r8;
	(void)r9;
	return run->function == ENCLU_ERESUME ? exception_ecall(run) : 0;
}

static void vdso_fault(enum fault fault, int vector)
{
	struct ask ask = { .op = ASK_FAULT, .fault = fault };
	struct sgx_enclave_run run = {
		.tcs = sdk_enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)on_vdso_exit,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	handler_calls = 0;
	wanted_vector = vector;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(handler_calls, 1);
	CHECK_EQ(run.function, ENCLU_EEXIT);
	CHECK_EQ(ask.done, ASK_DONE);
}

static const char *exceptions_without_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };
	struct sigaction sa;

	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(sigaction(signals[i], NULL, &sa), 0);
		CHECK(sa.sa_handler == SIG_DFL);
	}
	vdso_fault(FAULT_UD2, 6);
	vdso_fault(FAULT_DIVIDE, 0);
	vdso_fault(FAULT_PAGE, 14);
	vdso_fault(FAULT_CANONICAL, 13);
	vdso_fault(FAULT_X87, 16);
	vdso_fault(FAULT_SSE, 19);
	vdso_fault(FAULT_ALIGN, 17);
	return NULL;
}

const struct fact sdk_vdso_facts[] = {
	{ "through the vDSO an exception needs no signal handler",
	  exceptions_without_signals },
	{ 0 }
};
