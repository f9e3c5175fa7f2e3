/* SPDX-License-Identifier: BSD-3-Clause */
/* EREPORT and EGETKEY, many in one stay.  Seconds each. */
#include "bench/bench.h"

#define LEAVES 4000u
#define RUNS   9

static double each(const struct enclave *e, uint32_t operation)
{
	struct request request = { .operation = operation, .rounds = LEAVES };
	double start = bench_cpu();

	bench_call(e, &request);
	return (bench_cpu() - start) / LEAVES;
}

int main(void)
{
	struct request one = { .operation = OP_EGETKEY, .rounds = 1 };
	double report[RUNS], key[RUNS];
	struct enclave enclave;

	bench_load(&enclave);
	if (bench_call(&enclave, &one))
		bench_fail("EGETKEY gives no key");
	for (unsigned i = 0; i < RUNS; i++) {
		report[i] = each(&enclave, OP_EREPORT);
		key[i] = each(&enclave, OP_EGETKEY);
	}
	bench_print("leaf-ereport", bench_median(report, RUNS));
	bench_print("leaf-egetkey", bench_median(key, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
