/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same object code inside an enclave and outside it, in turns.  Seconds;
 * and the ratio of the two, as the median of the turns' own ratios.
 */
#include <stdio.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/work.h"

#define TURNS	31

static const struct {
	const char *name;
	uint32_t prepare, operation;
	uint64_t rounds;
} works[] = {
	{ "sha256", OP_FILL, OP_SHA256, 60 },
	{ "stream", OP_FILL, OP_STREAM, 6 },
	{ "chase", OP_CHAIN, OP_CHASE, 300000 },
};

static struct enclave enclave;
static void *heap;

/* Processor time: other programs' turns are not ours. */
static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double inside(struct request *request)
{
	double start = cpu_now();

	bench_call(&enclave, request);
	return cpu_now() - start;
}

static double outside(const struct request *request)
{
	double start = cpu_now();

	work(heap, request->operation, request->rounds);
	return cpu_now() - start;
}

static void print(const char *name, const char *what, double *values)
{
	char line[64];

	snprintf(line, sizeof(line), "%s-%s", name, what);
	bench_print(line, bench_median(values, TURNS));
}

static void measure(const char *name, struct request *request)
{
	double in[TURNS], out[TURNS], ratio[TURNS];

	for (unsigned i = 0; i < TURNS; i++) {
		/* Now one first, now the other. */
		if (i & 1)
			in[i] = inside(request);
		out[i] = outside(request);
		if (!(i & 1))
			in[i] = inside(request);
		ratio[i] = in[i] / out[i];
	}
	print(name, "inside", in);
	print(name, "outside", out);
	print(name, "ratio", ratio);
}

int main(void)
{
	bench_load(&enclave);
	heap = bench_memory(HEAP_SIZE);
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		struct request prepare = { works[i].prepare, 0 };
		struct request request = { works[i].operation,
					   works[i].rounds };

		bench_call(&enclave, &prepare);
		work(heap, works[i].prepare, 0);
		measure(works[i].name, &request);
	}
	enclave_destroy(&enclave);
	return 0;
}
