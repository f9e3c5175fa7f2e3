/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Round trips through the vDSO by one thread, and by four at once, or as many
 * as there are processors: seconds a trip, of all together.
 */
#include <pthread.h>
#include <unistd.h>

#include "bench/bench.h"

#define TRIPS   100000u
#define RUNS    5
#define THREADS 4

static struct enclave enclave;
static pthread_barrier_t start;

static void *trips(void *arg)
{
	unsigned tcs = (unsigned)(uintptr_t)arg;
	struct enclave_exit exit;

	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < TRIPS; i++)
		if (enclave_enter(&enclave, tcs, NULL, &exit) ||
		    exit.function != ENCLU_EEXIT)
			bench_fail("the enclave did not come back");
	return NULL;
}

static double together(unsigned n)
{
	pthread_t thread[THREADS];
	double began;

	pthread_barrier_init(&start, NULL, n + 1);
	for (uintptr_t i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, trips, (void *)i))
			bench_fail("pthread_create");
	pthread_barrier_wait(&start);
	began = bench_now();
	for (unsigned i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&start);
	return (bench_now() - began) / (n * TRIPS);
}

int main(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = cpus < THREADS ? (unsigned)cpus : THREADS;
	double one[RUNS], all[RUNS];

	if (n < 2)
		bench_skip("there is one processor");
	bench_load(&enclave);
	for (unsigned i = 0; i < RUNS; i++) {
		one[i] = together(1);
		all[i] = together(n);
	}
	bench_print("threads-one", bench_median(one, RUNS));
	bench_print("threads-all", bench_median(all, RUNS));
	bench_print("threads-n", n);
	enclave_destroy(&enclave);
	return 0;
}
