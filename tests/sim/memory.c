/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that tasks share: the processes' own, and the platform file.  What a
 * schedule writes to is noted in blocks, so that the next begins with what was
 * there when the world was ready, at the cost of what was written.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/platform/layout.h"
#include "tests/sim/sim.h"

#define SHIFT      MEMORY_SHIFT
#define BLOCK      (1ull << SHIFT)
#define MAX_BLOCKS 32768u
#define DIRTY      0x8000u /* beside: 1 + the index of its copy */
#define COPY_STEP  1024u   /* bytes between two points */

static uint16_t *state; /* by block */
static uint64_t dirty[MAX_BLOCKS], kept[MAX_BLOCKS];
static uint8_t copies[MAX_BLOCKS][BLOCK];
static unsigned int nr_dirty, nr_kept;
static uint64_t next_free, first_free; /* of the arena; in the snapshot */

static void *reserve(uint64_t at, uint64_t size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       (at ? MAP_FIXED_NOREPLACE : 0),
		       -1, 0);

	if (p == MAP_FAILED || (at && p != (void *)at))
		abort();
	madvise(p, size, MADV_NOHUGEPAGE);
	madvise(p, size, MADV_DONTDUMP);
	return p;
}

void memory_init(void)
{
	const uint64_t span = SIM_ARENA + PLATFORM_FILE_SIZE;

	_Static_assert(SIM_ARENA + PLATFORM_FILE_SIZE <=
			       SIM_SPAN << SIM_SPAN_SHIFT,
		       "sim_is_shared() knows all of it");
	reserve(SIM_BASE, span);
	state = reserve(0, (span >> SHIFT) * sizeof(*state));
	next_free = first_free = SIM_BASE;
}

static uint8_t *block(uint64_t i)
{
	return (uint8_t *)(SIM_BASE + (i << SHIFT));
}

uint64_t memory_last = UINT64_MAX; /* block that memory_dirty() saw */

void memory_dirty_slow(const volatile void *p, size_t n)
{
	uint64_t at = (uint64_t)(uintptr_t)p - SIM_BASE;

	for (uint64_t i = at >> SHIFT; i <= (at + n - 1) >> SHIFT; i++) {
		if (state[i] & DIRTY)
			continue;
		if (nr_dirty == MAX_BLOCKS)
			abort();
		state[i] |= DIRTY;
		dirty[nr_dirty++] = i;
	}
	memory_last = at >> SHIFT;
}

static void zero_block(uint64_t i, uint64_t at, uint64_t end)
{
	uint64_t start = SIM_BASE + (i << SHIFT), stop = start + BLOCK;

	start = start < at ? at : start;
	stop = stop > end ? end : stop;
	if (start >= stop)
		return;
	memory_dirty((void *)start, stop - start);
	memset((void *)start, 0, stop - start);
}

void memory_zero(uint64_t at, uint64_t n)
{
	unsigned int was = nr_dirty;

	for (unsigned int i = 0; i < was; i++)
		zero_block(dirty[i], at, at + n);
	for (unsigned int i = 0; i < nr_kept; i++)
		zero_block(kept[i], at, at + n);
}

void memory_clear(void)
{
	memory_restore();
	for (unsigned int i = 0; i < nr_kept; i++) {
		state[kept[i]] = 0;
		memset(block(kept[i]), 0, BLOCK);
	}
	nr_kept = 0;
	next_free = first_free = SIM_BASE;
}

void memory_snapshot(void)
{
	for (unsigned int i = 0; i < nr_dirty; i++) {
		memcpy(copies[nr_kept], block(dirty[i]), BLOCK);
		kept[nr_kept] = dirty[i];
		state[dirty[i]] = (uint16_t)++nr_kept;
	}
	nr_dirty = 0;
	memory_last = UINT64_MAX;
	first_free = next_free;
}

void memory_restore(void)
{
	for (unsigned int i = 0; i < nr_dirty; i++) {
		uint16_t *s = &state[dirty[i]];

		*s &= (uint16_t)~DIRTY;
		if (*s)
			memcpy(block(dirty[i]), copies[*s - 1], BLOCK);
		else
			memset(block(dirty[i]), 0, BLOCK);
	}
	nr_dirty = 0;
	memory_last = UINT64_MAX;
	next_free = first_free;
}

/* Never given back: a schedule does not need much. */
void *memory_alloc(size_t n)
{
	void *p;

	/* as mmap() would have it; from calloc() as well */
	if (n >= 4096)
		next_free = (next_free + 4095) & ~4095ull;
	p = (void *)next_free;
	next_free += (n + 63) & ~63ull;
	if (next_free > SIM_BASE + SIM_ARENA)
		abort();
	memory_dirty(p, n);
	return p;
}

/* What the instrumentation does not see ------------------------------- */

void *sim_memset(void *to, int byte, size_t n);
void *sim_memcpy(void *to, const void *from, size_t n);
void *sim_memmove(void *to, const void *from, size_t n);

static size_t piece(const void *to, const void *from, size_t n, const void *pc)
{
	if (sim_is_shared(to)) {
		memory_dirty(to, n);
		sim_point(pc);
	} else if (from && sim_is_shared(from)) {
		sim_point(pc);
	}
	return n > COPY_STEP ? COPY_STEP : n;
}

void *sim_memset(void *to, int byte, size_t n)
{
	uint8_t *p = to;

	for (size_t m; n; n -= m, p += m) {
		m = piece(p, NULL, n, __builtin_return_address(0));
		memset(p, byte, m);
	}
	return to;
}

void *sim_memcpy(void *to, const void *from, size_t n)
{
	const uint8_t *f = from;
	uint8_t *p = to;

	for (size_t m; n; n -= m, p += m, f += m) {
		m = piece(p, f, n, __builtin_return_address(0));
		memcpy(p, f, m);
	}
	return to;
}

void *sim_memmove(void *to, const void *from, size_t n)
{
	if (n)
		piece(to, from, n, __builtin_return_address(0));
	return memmove(to, from, n);
}
