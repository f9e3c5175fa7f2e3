/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals with SA_ONSTACK while a thread is inside the enclave: the handler is
 * on the alternate stack, the interrupted RSP is the untrusted one, and
 * sigaltstack(2) says so; with nesting, SS_AUTODISARM, and entries made from
 * the handler.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

#define SIZE   (128 * 1024)
#define ROUNDS 300000

static char area[SIZE] __attribute__((aligned(64)));
static struct enclave enclave = ENCLAVE_NONE;
static uint64_t host_stack;
static unsigned expected_flags;
static volatile unsigned exits, nested, from_handler;

static bool on_area(uint64_t addr)
{
	return addr - (uint64_t)(uintptr_t)area < SIZE;
}

static void on_nested(int sig, siginfo_t *info, void *context)
{
	struct seen seen = { 0 };

	seen_record(&seen, sig, info, context);
	CHECK(on_area(seen.here));
	CHECK(on_area(seen.rsp));
	nested++;
}

static void on_alarm(int sig, siginfo_t *info, void *context)
{
	struct request r = { .op = OP_BASES };
	struct seen seen = { 0 };
	stack_t now;

	seen_record(&seen, sig, info, context);
	CHECK(on_area(seen.here));
	CHECK(!on_area(seen.rsp));
	CHECK(((ucontext_t *)context)->uc_stack.ss_sp == area);
	CHECK_EQ(sigaltstack(NULL, &now), 0);
	CHECK_EQ(now.ss_flags, expected_flags);
	if (seen.rip == (uint64_t)(uintptr_t)enclave_raw_aep) {
		exits++;
		seen_check_aex(&seen, enclave.tcs[0], seen.rip);
		CHECK(seen.rsp <= host_stack && host_stack - seen.rsp < 65536);
	}
	raise(SIGUSR1);
	if (victim_call(&enclave, 3, BY_ENCLU, &r) && r.value == 3)
		from_handler++;
}

static void compute(uint64_t want)
{
	host_stack = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	for (int i = 0; i < 60; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		CHECK(victim_call(&enclave, 0, BY_ENCLU, &r));
		CHECK_EQ(r.value, want);
	}
}

static void with_stack(const char *name, unsigned flags, unsigned reported)
{
	stack_t ss = { .ss_sp = area, .ss_size = SIZE, .ss_flags = (int)flags };
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	CHECK_ROW("signals and the enclave", "kernel/signal.c sigaltstack()",
		  "SA_ONSTACK, SS_AUTODISARM",
		  "the alternate stack; RSP is the untrusted one");
	check_section(name);
	expected_flags = reported;
	exits = nested = from_handler = 0;
	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	setitimer(ITIMER_REAL, &every, NULL);
	compute(mix(ROUNDS, 0));
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(exits > 0);
	CHECK_EQ(nested, from_handler);
	CHECK(nested >= exits);
	CHECK_EQ(sigaltstack(NULL, &ss), 0);
	CHECK_EQ((unsigned)ss.ss_flags, flags);
}

int main(void)
{
	check_timeout(40);
	victim_build(&enclave);
	victim_handle(SIGALRM, on_alarm, SA_ONSTACK | SA_RESTART);
	victim_handle(SIGUSR1, on_nested, SA_ONSTACK);
	with_stack("plain", 0, SS_ONSTACK);
	/* The nested handler runs where the first one is: on `area` still. */
	victim_handle(SIGUSR1, on_nested, 0);
	with_stack("SS_AUTODISARM", SS_AUTODISARM, SS_DISABLE);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
