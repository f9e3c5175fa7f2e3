/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is computed inside an enclave and outside: one object file, linked into
 * both, works on a heap of HEAP_SIZE bytes.
 */
#ifndef SWSGX_BENCH_WORK_H
#define SWSGX_BENCH_WORK_H

#include <stdint.h>

/* Numbers for work_sha256() and work_stream(); the chain for work_chase(). */
void work_fill(void *heap);
void work_chain(void *heap);
/* SHA-256 of 64 KiB, `rounds` times: instructions. */
uint64_t work_sha256(void *heap, uint64_t rounds);
/* a = b + s * c over arrays larger than the caches: bandwidth. */
uint64_t work_stream(void *heap, uint64_t rounds);
/* Follow a random chain through the whole heap: latency and TLB. */
uint64_t work_chase(void *heap, uint64_t steps);
/* Count, and do nothing else. */
uint64_t work_count(uint64_t rounds);
/* Write to each page. */
uint64_t work_touch(void *heap, uint64_t rounds);

/* enum operation, carried out. */
uint64_t work(void *heap, uint32_t operation, uint64_t rounds);

#endif
