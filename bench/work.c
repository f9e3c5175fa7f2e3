/* SPDX-License-Identifier: BSD-3-Clause */
/* Freestanding, and compiled as enclaves are. */
#include "bench/work.h"

#include "bench/request.h"
#include "examples/lib/trts_sha256.h"

#define LINE        64u
#define LINES       (HEAP_SIZE / LINE)
#define STREAM_SIZE (HEAP_SIZE / 4 / sizeof(double))
#define HASHED_SIZE 65536u

static uint64_t *line(void *heap, uint64_t n)
{
	return (uint64_t *)((uint8_t *)heap + n * LINE);
}

void work_fill(void *heap)
{
	double *number = heap;

	for (uint64_t i = 0; i < HEAP_SIZE / sizeof(*number); i++)
		number[i] = (double)(i & 1023);
}

/*
 * One cycle through all lines in random order (Sattolo's shuffle): each line
 * holds the number of the next.
 */
void work_chain(void *heap)
{
	uint64_t random = 88172645463325252ull;

	for (uint64_t i = 0; i < LINES; i++)
		*line(heap, i) = i;
	for (uint64_t i = LINES - 1; i; i--) {
		uint64_t other, held = *line(heap, i);

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = random % i;
		*line(heap, i) = *line(heap, other);
		*line(heap, other) = held;
	}
}

uint64_t work_sha256(void *heap, uint64_t rounds)
{
	uint8_t digest[32] = { 0 };
	uint64_t sum = 0;

	while (rounds--) {
		sha256(heap, HASHED_SIZE, digest);
		sum += digest[0];
	}
	return sum;
}

uint64_t work_stream(void *heap, uint64_t rounds)
{
	double *a = heap, *b = a + STREAM_SIZE, *c = b + STREAM_SIZE;
	double s = 3;

	while (rounds--) {
		for (uint64_t i = 0; i < STREAM_SIZE; i++)
			a[i] = b[i] + s * c[i];
		s += 1;
	}
	return (uint64_t)a[STREAM_SIZE / 2];
}

uint64_t work_chase(void *heap, uint64_t steps)
{
	uint64_t at = 0;

	while (steps--)
		at = *line(heap, at);
	return at;
}

uint64_t work_count(uint64_t rounds)
{
	for (volatile uint64_t i = 0; i < rounds; i++)
		;
	return rounds;
}

uint64_t work_touch(void *heap, uint64_t rounds)
{
	volatile uint8_t *byte = heap;

	while (rounds--) {
		for (uint64_t at = 0; at < HEAP_SIZE; at += 4096)
			byte[at]++;
	}
	return byte[0];
}

uint64_t work(void *heap, uint32_t operation, uint64_t rounds)
{
	switch (operation) {
	case OP_FILL:
		work_fill(heap);
		return 0;
	case OP_CHAIN:
		work_chain(heap);
		return 0;
	case OP_SHA256:
		return work_sha256(heap, rounds);
	case OP_STREAM:
		return work_stream(heap, rounds);
	case OP_CHASE:
		return work_chase(heap, rounds);
	case OP_COUNT:
		return work_count(rounds);
	case OP_TOUCH:
		return work_touch(heap, rounds);
	default:
		return 0;
	}
}
