/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave that grows: it accepts (EACCEPT) pages that do not exist, one
 * after the other, and then writes to each.  The driver adds them by a fault
 * (EAUG).
 * Seconds per page.
 */
#include <sys/mman.h>

#include "bench/bench.h"

#define PAGES 256u
#define RUNS  9
/* At the end of ELRANGE, where nothing was added. */
#define ROOM ((RUNS + 1) * PAGES * ENCLAVE_PAGE)

static double grow(const struct enclave *e, uint64_t at)
{
	struct request request = { .operation = OP_ACCEPT,
				   .rounds = PAGES,
				   .at = at };
	double start = bench_cpu();

	if (bench_call(e, &request))
		bench_skip("EACCEPT of a page that EAUG adds fails: no SGX2");
	return (bench_cpu() - start) / PAGES;
}

int main(void)
{
	struct enclave enclave;
	double times[RUNS];
	uint64_t at;

	bench_load(&enclave);
	at = enclave.base + enclave.size - ROOM;
	if (mmap((void *)at, ROOM, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, enclave.fd, 0) == MAP_FAILED)
		bench_fail("the end of ELRANGE cannot be mapped");
	grow(&enclave, at);
	for (unsigned i = 0; i < RUNS; i++)
		times[i] = grow(&enclave, at + (i + 1) * PAGES * ENCLAVE_PAGE);
	bench_print("eaug-page", bench_median(times, RUNS));
	enclave_destroy(&enclave);
	return 0;
}
