/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the benchmark programs share.  Each prints its measurements as lines
 * "NAME VALUE", in seconds or bytes; run.py makes ratios of them.
 */
#ifndef SWSGX_BENCH_BENCH_H
#define SWSGX_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "bench/request.h"
#include "examples/lib/enclave.h"

#define MIB (1ul << 20)

/* Monotonic seconds. */
double bench_now(void);
/* Seconds that this thread had a processor: others' turns are not ours. */
double bench_cpu(void);
/* Sorts values. */
double bench_median(double *values, unsigned n);
/*
 * What a signal of a timer costs this thread while it works: processor time.
 * work() always takes the same.
 */
double bench_interrupt(void (*work)(void));
/* How far bench_count() may count for that, some tenths of a second. */
#define BENCH_COUNT 200000000ul

/* One measurement, on standard output. */
void bench_print(const char *name, double value);

/* Memory in pages of 4 KiB, as the EPC has them, each touched. */
void *bench_memory(size_t bytes);

/* "cannot measure: WHY" on standard error; exit status 77. */
_Noreturn void bench_skip(const char *why);
_Noreturn void bench_fail(const char *why);

/* The benchmark enclave, whose file lies beside the program. */
void bench_load(struct enclave *e);
/* Enter it; returns what the request returned. */
uint64_t bench_call(const struct enclave *e, struct request *request);

#endif
