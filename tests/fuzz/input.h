/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fuzzer's input as a stream of choices, and the way to say that something
 * is broken.  An input that has ended goes on as zeros, so that every prefix
 * of an input is an input.
 */
#ifndef SWSGX_TESTS_FUZZ_INPUT_H
#define SWSGX_TESTS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct input {
	const uint8_t *p;
	size_t n;
};

/* The next `bytes` bytes, at most 8, as a little-endian number. */
static inline uint64_t take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->n; i++) {
		value |= (uint64_t)*in->p++ << 8 * i;
		in->n--;
	}
	return value;
}

static inline uint8_t take8(struct input *in)
{
	return take(in, 1);
}

/* One of n choices, n at most 256. */
static inline unsigned take_below(struct input *in, unsigned n)
{
	return take8(in) % n;
}

_Noreturn static inline void broken(const char *what, const char *file,
				    int line)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
	abort();
}

/* What must always hold; libFuzzer keeps the input that breaks it. */
#define must(condition) \
	do { \
		if (!(condition)) \
			broken(#condition, __FILE__, __LINE__); \
	} while (0)

/* The functions that libFuzzer calls. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
