/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All places in a file's code that look like CPUID, and what each is.  Only
 * functions that have such a place are decoded.
 */
#include <stdlib.h>
#include <string.h>

#include "process/supervisor/cpuid.h"

#define MAX_CANDIDATES	(1u << 16)

static void add(struct cpuid_scan *scan, const struct elf_segment *s,
		uint64_t pos)
{
	struct cpuid_candidate *c = &scan->candidate[scan->count++];

	*c = (struct cpuid_candidate){ .address = s->address + pos,
				       .offset = s->offset + pos };
}

static void find_in(const struct elf_segment *s, struct cpuid_scan *scan)
{
	const uint8_t *p = s->bytes, *end = s->bytes + s->size - 1;

	while (p < end && scan->count < MAX_CANDIDATES) {
		p = memchr(p, 0x0f, (size_t)(end - p));
		if (!p)
			break;
		if (p[1] == 0xa2)
			add(scan, s, (uint64_t)(p - s->bytes));
		p++;
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct cpuid_candidate *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_address(const void *a, const void *b)
{
	const struct cpuid_candidate *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* The first candidate at or after an address. */
static size_t first_from(const struct cpuid_scan *scan, uint64_t address)
{
	size_t low = 0, high = scan->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scan->candidate[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void judge(const struct elf_file *elf, const struct elf_range *r,
		  struct cpuid_scan *scan)
{
	const struct elf_segment *s = elf_segment_of(elf, r->start, r->end);
	size_t from = first_from(scan, r->start);
	size_t to = first_from(scan, r->end);

	if (s && from < to)
		cpuid_judge(s->bytes + (r->start - s->address),
			    r->end - r->start, r->start, r->open,
			    &scan->candidate[from], to - from);
}

void cpuid_scan(int fd, struct cpuid_scan *scan)
{
	struct elf_ranges ranges = { 0 };
	struct elf_file elf;
	size_t i;

	*scan = (struct cpuid_scan){ 0 };
	if (!elf_open(&elf, fd))
		return;
	scan->candidate = calloc(MAX_CANDIDATES, sizeof(*scan->candidate));
	for (i = 0; scan->candidate && i < elf.nr_code; i++)
		find_in(&elf.code[i], scan);
	if (scan->count) {
		qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
		      by_address);
		elf_symbols(&elf, &ranges);
		elf_eh_frame(&elf, &ranges);
		for (i = 0; i < ranges.count; i++)
			judge(&elf, &ranges.range[i], scan);
		qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
		      by_offset);
	}
	free(ranges.range);
	elf_close(&elf);
}
