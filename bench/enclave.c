/* SPDX-License-Identifier: BSD-3-Clause */
/* The enclave that the benchmarks enter. */
#include "bench/request.h"
#include "bench/work.h"
#include "examples/lib/trts.h"

uint64_t enclave_main(void *arg)
{
	const volatile struct request *request = arg;
	uint32_t operation;

	if (!arg)
		return 0;
	if (!trts_is_outside(arg, sizeof(*request)))
		return UINT64_MAX;
	operation = request->operation;
	return work(trts_heap, operation, request->rounds);
}
