/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a signal costs a thread in an enclave: an AEX, a handler that does
 * nothing, an ERESUME.  Seconds of the thread's processor time each.
 */
#include "bench/bench.h"

static struct enclave enclave;

static void work(void)
{
	struct request request = { .operation = OP_COUNT,
				   .rounds = BENCH_COUNT };

	bench_call(&enclave, &request);
}

int main(void)
{
	bench_load(&enclave);
	bench_print("interrupt-inside", bench_interrupt(work));
	enclave_destroy(&enclave);
	return 0;
}
