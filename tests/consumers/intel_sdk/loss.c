/* SPDX-License-Identifier: BSD-3-Clause */
/* The EPC is lost: last, because nothing is left after it. */
#define _GNU_SOURCE
#include "tests/consumers/intel_sdk/intel_sdk.h"

#include <signal.h>

#include "tests/process/fixture/check.h"

static uint32_t exception_ecall_ended;
static const char *cannot_lose;

static int lose_in_handler(long rdi, long rsi, long rdx, long ursp, long r8,
			   long r9, struct sgx_enclave_run *run)
{
	struct sgx_enclave_run inner = { .tcs = run->tcs };
	struct ask ask = { .op = ASK_SKIP };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	(void)rdi;
	(void)rsi;
	(void)rdx;
	(void)ursp;
	(void)r8;
	(void)r9;
	cannot_lose = facts_lose_epc();
	CHECK_EQ(enclave_vdso_enter(&inner, ENCLU_EENTER, &regs), 0);
	exception_ecall_ended = inner.function;
	return 0;
}

/* A loss is found by the EENTER, be it that of the exception's ECALL. */
static const char *lost_by_vdso(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_UD2 };
	struct sgx_enclave_run run = {
		.tcs = sdk_enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)lose_in_handler,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	if (cannot_lose)
		return cannot_lose;
	CHECK_EQ(run.function, ENCLU_ERESUME);
	CHECK_EQ(exception_ecall_ended, ENCLU_EENTER);
	run = (struct sgx_enclave_run){ .tcs = sdk_enclave.tcs[1] };
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EENTER);
	CHECK_EQ(run.exception_vector, VECTOR_PAGE_FAULT);
	return NULL;
}

static const char *lost_by_signal(void)
{
	struct ask ask = { .op = ASK_NOTHING };

	if (cannot_lose)
		return cannot_lose;
	sdk_handle_all(sdk_lost_at_eenter);
	sdk_last.sig = 0;
	CHECK_EQ(urts_enter(sdk_enclave.tcs[2], &ask), 0x1006);
	CHECK_EQ(sdk_last.sig, SIGSEGV);
	sdk_default_all();
	return NULL;
}

static const char *rebuilt(void)
{
	struct ask ask = { .op = ASK_THREAD };

	enclave_destroy(&sdk_enclave);
	plan_build(&sdk_plan, &sdk_enclave);
	CHECK(ask_vdso(&sdk_enclave, 6, &ask));
	CHECK_EQ(ask.value, 6);
	return NULL;
}

const struct fact sdk_loss_facts[] = {
	{ "a loss, by vDSO: EENTER, or the EENTER of the exception's ECALL",
	  lost_by_vdso },
	{ "a loss, by signal: RIP at the EENTER, RAX 2", lost_by_signal },
	{ "the enclave is created again", rebuilt },
	{ 0 }
};
