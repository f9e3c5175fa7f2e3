/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same object code inside an enclave and outside it, in turns.  Seconds;
 * and the ratio of the two, as the median of the turns' own ratios.
 */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/work.h"

#define TURNS 31

static const struct {
	const char *name;
	uint32_t prepare, operation;
	uint64_t rounds;
} works[] = {
	{ "sha256", OP_FILL, OP_SHA256, 60 },
	{ "stream", OP_FILL, OP_STREAM, 20 },
	{ "chase", OP_CHAIN, OP_CHASE, 300000 },
};

static struct enclave enclave;
static void *heaps[2];

static double inside(struct request *request)
{
	double start = bench_cpu();

	bench_call(&enclave, request);
	return bench_cpu() - start;
}

static double outside(void *heap, const struct request *request)
{
	double start = bench_cpu();

	work(heap, request->operation, request->rounds);
	return bench_cpu() - start;
}

static void print(const char *name, const char *what, double value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s-%s", name, what);
	bench_print(line, value);
}

/*
 * A turn: inside, outside, and outside once more with other memory, each first
 * in turn.  What the two runs outside differ by is noise.
 */
static void take_turn(unsigned turn, struct request *request, double times[3])
{
	for (unsigned i = 0; i < 3; i++) {
		unsigned which = (turn + i) % 3;

		times[which] = which ? outside(heaps[which - 1], request) :
				       inside(request);
	}
}

static void measure(const char *name, struct request *request)
{
	double in[TURNS], out[TURNS], ratio[TURNS], noise[TURNS], times[3];

	for (unsigned i = 0; i < TURNS; i++) {
		take_turn(i, request, times);
		in[i] = times[0];
		out[i] = times[1];
		ratio[i] = times[0] / times[1];
		noise[i] = times[2] / times[1];
	}
	print(name, "inside", bench_median(in, TURNS));
	print(name, "outside", bench_median(out, TURNS));
	print(name, "ratio", bench_median(ratio, TURNS));
	/* Sorted by that: from the tenth to the ninetieth of a hundred. */
	bench_median(noise, TURNS);
	print(name, "noise-low", noise[TURNS / 10]);
	print(name, "noise-high", noise[TURNS - 1 - TURNS / 10]);
}

int main(void)
{
	bench_load(&enclave);
	heaps[0] = bench_memory(HEAP_SIZE);
	heaps[1] = bench_memory(HEAP_SIZE);
	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		struct request prepare = { .operation = works[i].prepare };
		struct request request = { .operation = works[i].operation,
					   .rounds = works[i].rounds };

		bench_call(&enclave, &prepare);
		work(heaps[0], works[i].prepare, 0);
		work(heaps[1], works[i].prepare, 0);
		measure(works[i].name, &request);
	}
	enclave_destroy(&enclave);
	return 0;
}
