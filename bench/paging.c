/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave larger than the EPC, which goes round and round its pages: each
 * that it comes to was put out long ago, so each costs a fault, an eviction
 * (EWB) and a reload (ELDU).  To be run with an EPC of a quarter of HEAP_SIZE.
 * Seconds per page.
 */
#include "bench/bench.h"

#define PAGES ((double)HEAP_SIZE / ENCLAVE_PAGE)
#define RUNS  9

int main(void)
{
	struct request touch = { .operation = OP_TOUCH, .rounds = 1 };
	struct enclave enclave;
	double times[RUNS];

	bench_load(&enclave);
	bench_call(&enclave, &touch);
	for (unsigned i = 0; i < RUNS; i++) {
		double start = bench_cpu();

		bench_call(&enclave, &touch);
		times[i] = (bench_cpu() - start) / PAGES;
	}
	bench_print("page-touched", bench_median(times, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
