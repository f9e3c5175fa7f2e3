/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timer signals rain on a thread that computes inside the enclave.  The result
 * must come out right, and each handler must find the state that an
 * asynchronous exit leaves.  Once through the vDSO, once with own ENCLU.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define PERIOD_US   200
#define ROUNDS      400000
#define CALLS       40
#define STACK_REACH (256 * 1024)

static struct enclave enclave = ENCLAVE_NONE;
static enum victim_way way;
static uint64_t stack_here;
static volatile unsigned handlers, exits;

static bool in_elrange(uint64_t addr)
{
	return addr - enclave.base < enclave.size;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The vDSO's AEP is its own ENCLU, so only its neighbourhood is known. */
static bool is_aep(uint64_t addr)
{
	if (way == BY_ENCLU)
		return addr == (uint64_t)(uintptr_t)enclave_raw_aep;
	return addr - (uint64_t)(uintptr_t)enclave_vdso() < 256;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	static unsigned complaints;
	struct seen seen = { 0 };

	handlers++;
	seen_record(&seen, sig, info, context);
	if (complaints > 3)
		return;
	complaints += !CHECK(!in_elrange(seen.rip));
	complaints += !CHECK(!in_elrange(seen.rsp));
	if (!is_aep(seen.rip) || seen.rax != ENCLU_ERESUME)
		return;
	exits++;
	seen_check_aex(&seen, enclave.tcs[0], seen.rip);
	seen_check_fpu(&seen);
	complaints += !CHECK(distance(seen.rsp, stack_here) < STACK_REACH);
	complaints += !CHECK(distance(seen.here, stack_here) < STACK_REACH);
	complaints += seen.rbx != enclave.tcs[0] || seen.rdx || seen.rdi;
}

static void compute(uint32_t wide, uint64_t want)
{
	stack_here = (uint64_t)(uintptr_t)&want;
	for (int i = 0; i < CALLS; i++) {
		struct request r = { .op = OP_MIX,
				     .value = ROUNDS,
				     .flags = wide };

		if (!CHECK(victim_call(&enclave, 0, way, &r)) ||
		    !CHECK_EQ(r.value, want))
			return;
	}
}

static void compute_both(void)
{
	CHECK_ROW("signals and the enclave",
		  "SDM \"Synthetic State on Asynchronous Enclave Exit\"",
		  "a handler of a signal that came inside",
		  "finds the AEP, RAX 3, the TCS, x87 and SSE initial");
	CHECK_ROW("signals and the enclave", "SDM \"ERESUME\", Operation",
		  "it returns", "the enclave goes on, and has lost nothing");
	exits = 0;
	compute(0, mix(ROUNDS, 0));
	if (victim_wide())
		compute(1, mix(ROUNDS, 1));
	CHECK(exits > 0);
}

static void by_itimer(void)
{
	struct itimerval every = { { 0, PERIOD_US }, { 0, PERIOD_US } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	victim_handle(SIGALRM, on_signal, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	compute_both();
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
}

static void by_posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec every = { { 0, PERIOD_US * 1000 },
				    { 0, PERIOD_US * 1000 } };
	timer_t timer;

	victim_handle(SIGRTMIN + 1, on_signal, SA_RESTART);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		check_fatal("timer_create: %s", strerror(errno));
	CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
	compute_both();
	CHECK_EQ(timer_delete(timer), 0);
}

int main(void)
{
	check_timeout(45);
	victim_build(&enclave);
	check_section("own ENCLU, setitimer()");
	way = BY_ENCLU;
	by_itimer();
	check_section("own ENCLU, timer_create()");
	by_posix_timer();
	if (enclave_vdso()) {
		way = BY_VDSO;
		check_section("vDSO, setitimer()");
		by_itimer();
		check_section("vDSO, timer_create()");
		by_posix_timer();
	}
	CHECK(handlers > 0);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
