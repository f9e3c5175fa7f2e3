/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER and EEXIT: into an enclave that does nothing and out again, through
 * the vDSO and by an ENCLU of the program's own.  Seconds per round trip.  With
 * an argument, only through the vDSO, fewer, and that is the name.
 */
#include "bench/bench.h"

#define TRIPS 200000u
#define RUNS  9

#define FEW 4000u

static unsigned trips = TRIPS;
static struct enclave enclave;

static double by_vdso(void)
{
	struct enclave_exit exit;
	double start = bench_cpu();

	for (unsigned i = 0; i < trips; i++) {
		if (enclave_enter(&enclave, 0, NULL, &exit) ||
		    exit.function != ENCLU_EEXIT)
			bench_fail("the enclave did not come back");
	}
	return (bench_cpu() - start) / trips;
}

static double by_enclu(void)
{
	double start = bench_cpu();

	for (unsigned i = 0; i < trips; i++) {
		struct enclave_regs regs = { 0 };

		if (enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs))
			bench_fail("the enclave did not come back");
	}
	return (bench_cpu() - start) / trips;
}

static unsigned again;

/* An OCALL that does nothing: the enclave is out, and in again. */
static int on_exit(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
		   struct sgx_enclave_run *run)
{
	(void)rdi, (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
	if (run->function != ENCLU_EEXIT || !again)
		return 0;
	again--;
	return ENCLU_EENTER;
}

static double by_ocall(void)
{
	struct sgx_enclave_run run = {
		.tcs = enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)on_exit,
	};
	struct enclave_regs regs = { 0 };
	double start = bench_cpu();

	again = trips;
	if (enclave_vdso_enter(&run, ENCLU_EENTER, &regs) || again)
		bench_fail("the enclave did not come back");
	return (bench_cpu() - start) / trips;
}

static void few(const char *name)
{
	double vdso[RUNS];

	trips = FEW;
	for (unsigned i = 0; i < RUNS; i++)
		vdso[i] = by_vdso();
	bench_print(name, bench_median(vdso, RUNS));
}

int main(int argc, char **argv)
{
	double vdso[RUNS], enclu[RUNS], ocall[RUNS];

	bench_load(&enclave);
	if (argc > 1) {
		few(argv[1]);
		enclave_destroy(&enclave);
		return 0;
	}
	for (unsigned i = 0; i < RUNS; i++) {
		vdso[i] = by_vdso();
		enclu[i] = by_enclu();
		ocall[i] = by_ocall();
	}
	bench_print("entry-vdso", bench_median(vdso, RUNS));
	bench_print("entry-enclu", bench_median(enclu, RUNS));
	bench_print("entry-ocall", bench_median(ocall, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
