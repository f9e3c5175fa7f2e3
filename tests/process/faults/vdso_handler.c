/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The user handler of __vdso_sgx_enter_enclave(): what it is given, and what
 * each value that it returns does; also a handler that jumps away.
 *
 * Source: Linux <asm/sgx.h> sgx_enclave_user_handler_t; Linux 6.1
 * entry/vdso/vsgx.S.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static uint64_t secrets;
static jmp_buf way_out;

/* What the next calls of the handler return, and what the last was given. */
static int answers[4], calls;
static long given[6];
static struct sgx_enclave_run *given_run;
static uint32_t given_function;
static bool jump, mend, aligned;

static int handler(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
		   struct sgx_enclave_run *run)
{
	long seen[6] = { rdi, rsi, rdx, rsp, r8, r9 };

	memcpy(given, seen, sizeof(given));
	given_run = run;
	given_function = run->function;
	aligned = ((uintptr_t)__builtin_frame_address(0) & 15) == 0;
	if (mend)
		CHECK_EQ(mprotect((void *)(secrets & ~4095ull), 4096,
				  PROT_READ | PROT_WRITE),
			 0);
	if (jump)
		longjmp(way_out, 1);
	return answers[calls++ % 4];
}

static struct sgx_enclave_run prepare(int a, int b, int c)
{
	struct sgx_enclave_run run = {
		.tcs = enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)handler,
		.user_data = 0xabcdef,
	};

	answers[0] = a;
	answers[1] = b;
	answers[2] = c;
	calls = 0;
	jump = mend = false;
	memset(given, 0x55, sizeof(given));
	return run;
}

/* Called after EEXIT too; its value becomes the function's. */
static void after_eexit(void)
{
	static const int values[] = { 0, -1, -EINVAL, -77, -2147483647 };

	check_section("after EEXIT");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S", "after EEXIT",
		  "is called with the enclave's registers");
	for (unsigned i = 0; i < 5; i++) {
		struct sgx_enclave_run run = prepare(values[i], 0, 0);
		struct request r = { .op = OP_NOP };
		struct enclave_regs regs = { .rdi = (uintptr_t)&r };

		CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs),
			 values[i]);
		CHECK_EQ(calls, 1);
		CHECK_EQ(run.function, ENCLU_EEXIT);
		CHECK_EQ(r.done, OP_DONE);
		CHECK(given_run == &run);
		CHECK_EQ(given[0], 0); /* the enclave's result */
		CHECK_EQ(run.user_data, 0xabcdef);
		CHECK(aligned);
	}
}

static void after_fault(void)
{
	struct sgx_enclave_run run = prepare(-44, 0, 0);
	struct request r = { .op = OP_TCS_WRITE };
	struct enclave_regs regs = { .rdi = (uintptr_t)&r };
	struct request edit = { .op = OP_EDIT, .value = 2 };

	check_section("after a fault");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S",
		  "after an exception",
		  "is called with vector, error code, address");
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), -44);
	CHECK_EQ(calls, 1);
	CHECK_EQ(run.function, ENCLU_ERESUME);
	CHECK_EQ(run.exception_vector, 14);
	CHECK_EQ(run.exception_error_code, 0x8007);
	CHECK_EQ(run.exception_addr, enclave.tcs[0]);
	CHECK_EQ(given[0], 14);
	CHECK_EQ(given[1], 0x8007);
	CHECK_EQ(given[2], enclave.tcs[0]);
	CHECK_EQ(given[4], 0);
	CHECK_EQ(given[5], 0);

	CHECK(victim_call(&enclave, 0, BY_VDSO, &edit));
	run.user_handler = 0;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_ERESUME, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EEXIT);
	CHECK_EQ(r.done, OP_DONE);
}

/* Returns 3: mended, so ERESUME completes; then called for the EEXIT. */
static void resume_from_handler(void)
{
	struct sgx_enclave_run run = prepare(ENCLU_ERESUME, -5, 0);
	struct request r = { .op = OP_WRITE, .addr = secrets, .value = 3 };
	struct enclave_regs regs = { .rdi = (uintptr_t)&r };

	check_section("handler returns ERESUME");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S",
		  "it returns ERESUME", "the enclave goes on");
	CHECK_EQ(mprotect((void *)(secrets & ~4095ull), 4096, PROT_READ), 0);
	mend = true;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), -5);
	CHECK_EQ(calls, 2);
	CHECK_EQ(run.function, ENCLU_EEXIT);
	CHECK_EQ(r.done, OP_DONE);
}

/* A C handler cannot promise what RDI is when it returns; this one can. */
__attribute__((naked)) static int reentering_handler(
	long rdi, long rsi, long rdx, long rsp, long r8, long r9,
	struct sgx_enclave_run *run)
{
	(void)rdi, (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9,
		(void)run;
	__asm__("mov reenter_once(%rip), %eax\n"
		"movl $0, reenter_once(%rip)\n"
		"mov reenter_argument(%rip), %rdi\n"
		"ret");
}

extern uint32_t reenter_once;
extern uint64_t reenter_argument;
uint32_t reenter_once;
uint64_t reenter_argument;

/* Returns 2: entered again with the registers that the handler left. */
static void enter_from_handler(void)
{
	struct sgx_enclave_run run = prepare(0, 0, 0);
	struct request first = { .op = OP_STORE, .value = 99, .count = 2 };
	struct request second = { .op = OP_LOAD, .count = 2 };
	struct enclave_regs regs = { .rdi = (uintptr_t)&first };

	check_section("handler returns EENTER");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S",
		  "it returns EENTER", "enters again");
	run.user_handler = (uint64_t)(uintptr_t)reentering_handler;
	reenter_once = ENCLU_EENTER;
	reenter_argument = (uint64_t)(uintptr_t)&second;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(first.done, OP_DONE);
	CHECK_EQ(second.done, OP_DONE);
	CHECK_EQ(second.value, 99);
}

static void nonsense_from_handler(void)
{
	static const int values[] = { 1, 4, 9, 77, 0x7fffffff };

	check_section("handler returns no function");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S",
		  "it returns another number", "is returned, or -EINVAL");
	for (unsigned i = 0; i < 5; i++) {
		struct sgx_enclave_run run = prepare(values[i], 0, 0);
		struct request r = { .op = OP_NOP };
		struct enclave_regs regs = { .rdi = (uintptr_t)&r };

		CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs),
			 -EINVAL);
		CHECK_EQ(calls, 1);
	}
}

/* The enclave stays interrupted; its next frame can be entered. */
static void jump_away(void)
{
	static struct sgx_enclave_run run;
	static struct request r;
	struct request look = { .op = OP_LOOK };
	struct enclave_regs regs = { .rdi = (uintptr_t)&r };

	check_section("handler jumps away");
	CHECK_ROW("user_handler", "arch/x86/entry/vdso/vsgx.S",
		  "it longjmps away", "the thread goes on");
	run = prepare(0, 0, 0);
	r = (struct request){ .op = OP_UD2 };
	jump = true;
	if (!setjmp(way_out)) {
		enclave_vdso_enter(&run, ENCLU_EENTER, &regs);
		CHECK(!"reached");
	}
	CHECK_EQ(given[0], 6);
	CHECK_EQ(given_function, ENCLU_ERESUME);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &look));
	CHECK_EQ(look.cssa, 1);
	CHECK_EQ(look.frame.exitinfo, 0x80000306u);
}

int main(void)
{
	struct request where = { .op = OP_ADDRESSES };

	check_timeout(40);
	if (!enclave_vdso())
		check_skip("no __vdso_sgx_enter_enclave");
	victim_build(&enclave);
	CHECK(victim_call(&enclave, 0, BY_VDSO, &where));
	secrets = where.addr;
	after_eexit();
	after_fault();
	resume_from_handler();
	enter_from_handler();
	nonsense_from_handler();
	jump_away();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
