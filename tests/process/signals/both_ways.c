/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In and out by the vDSO and by own ENCLU, a fault each, a timer signal each.
 * Built three times: as a dynamic program, a static one, and a static PIE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define ROUNDS 500000

static struct enclave enclave = ENCLAVE_NONE;
static struct seen fault;
static volatile unsigned alarms;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	seen_record(&fault, sig, info, context);
	victim_abandon(context);
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void compute(enum victim_way way)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	uint64_t want = mix(ROUNDS, 0);

	CHECK_ROW("a program", "SDM \"EENTER\", \"EEXIT\", Operation",
		  "dynamic, static or static PIE",
		  "enters by the vDSO and by its own ENCLU");
	alarms = 0;
	setitimer(ITIMER_REAL, &every, NULL);
	for (int i = 0; i < 20; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		CHECK(victim_call(&enclave, 0, way, &r));
		CHECK_EQ(r.value, want);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(alarms > 0);
}

static void fault_by_vdso(void)
{
	struct request r = { .op = OP_TCS_WRITE };
	struct enclave_exit exit = victim_enter(&enclave, 1, &r);

	CHECK_EQ(exit.function, ENCLU_ERESUME);
	CHECK_EQ(exit.vector, 14);
	CHECK_EQ(exit.error_code, 0x8007);
	CHECK_EQ(exit.addr, enclave.tcs[1]);
}

static void fault_by_enclu(void)
{
	struct request r = { .op = OP_TCS_WRITE };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };

	CHECK_EQ(enclave_enter_raw(enclave.tcs[2], ENCLU_EENTER, &regs), 1);
	CHECK_EQ(fault.sig, SIGSEGV);
	CHECK_EQ(fault.code, SEGV_ACCERR);
	CHECK_EQ(fault.err, 0x8007);
	CHECK_EQ(fault.addr, enclave.tcs[2]);
	seen_check_aex(&fault, enclave.tcs[2],
		       (uint64_t)(uintptr_t)enclave_raw_aep);
}

static void run_child(void)
{
	compute(BY_ENCLU);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = SA_RESTART };

	check_timeout(40);
	victim_build(&enclave);
	sigaction(SIGALRM, &sa, NULL);
	victim_handle(SIGSEGV, on_fault, 0);
	check_section("own ENCLU");
	compute(BY_ENCLU);
	fault_by_enclu();
	check_section("vDSO");
	CHECK(enclave_vdso() != NULL);
	if (enclave_vdso()) {
		compute(BY_VDSO);
		fault_by_vdso();
	}
	check_section("in a child");
	CHECK(check_exited_well(check_in_child(run_child, 20)));
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
