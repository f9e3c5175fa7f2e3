/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EENTER and EEXIT: into an enclave that does nothing and out again, through
 * the vDSO and by an ENCLU of the program's own.  Seconds per round trip.  With
 * an argument, only through the vDSO, fewer, and that is the name.
 */
#include "bench/bench.h"

#define TRIPS	200000u
#define RUNS	9

#define FEW		4000u

static unsigned trips = TRIPS;
static struct enclave enclave;

static double by_vdso(void)
{
	struct enclave_exit exit;
	double start = bench_now();

	for (unsigned i = 0; i < trips; i++) {
		if (enclave_enter(&enclave, 0, NULL, &exit) ||
		    exit.function != ENCLU_EEXIT)
			bench_fail("the enclave did not come back");
	}
	return (bench_now() - start) / trips;
}

static double by_enclu(void)
{
	double start = bench_now();

	for (unsigned i = 0; i < trips; i++) {
		struct enclave_regs regs = { 0 };

		if (enclave_enter_raw(enclave.tcs[0], ENCLU_EENTER, &regs))
			bench_fail("the enclave did not come back");
	}
	return (bench_now() - start) / trips;
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
	double vdso[RUNS], enclu[RUNS];

	bench_load(&enclave);
	if (argc > 1) {
		few(argv[1]);
		enclave_destroy(&enclave);
		return 0;
	}
	for (unsigned i = 0; i < RUNS; i++) {
		vdso[i] = by_vdso();
		enclu[i] = by_enclu();
	}
	bench_print("entry-vdso", bench_median(vdso, RUNS));
	bench_print("entry-enclu", bench_median(enclu, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
