/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER and EEXIT: into an enclave that does nothing and out again, through
 * the vDSO and by an ENCLU of the program's own.  Seconds per round trip.
 */
#include "bench/bench.h"

#define TRIPS	200000u
#define RUNS	9

static struct enclave enclave;

static double by_vdso(void)
{
	struct enclave_exit exit;
	double start = bench_now();

	for (unsigned i = 0; i < TRIPS; i++) {
		if (enclave_enter(&enclave, 0, NULL, &exit) ||
		    exit.function != ENCLU_EEXIT)
			bench_fail("the enclave did not come back");
	}
	return (bench_now() - start) / TRIPS;
}

static double by_enclu(void)
{
	double start = bench_now();

	for (unsigned i = 0; i < TRIPS; i++) {
		struct enclave_regs regs = { 0 };

		if (enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs))
			bench_fail("the enclave did not come back");
	}
	return (bench_now() - start) / TRIPS;
}

int main(void)
{
	double vdso[RUNS], enclu[RUNS];

	bench_load(&enclave);
	for (unsigned i = 0; i < RUNS; i++) {
		vdso[i] = by_vdso();
		enclu[i] = by_enclu();
	}
	bench_print("entry-vdso", bench_median(vdso, RUNS));
	bench_print("entry-enclu", bench_median(enclu, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
