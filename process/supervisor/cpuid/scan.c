/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/scan.h.  All places in the code that look like
 * CPUID are looked for first.  Only functions that have such a place are
 * decoded.
 */
#include "process/supervisor/cpuid/scan.h"

#include <stdlib.h>
#include <string.h>

#include "process/supervisor/cpuid/eh_frame.h"
#include "process/supervisor/cpuid/elf.h"

#define CPUID_0        0x0f
#define CPUID_1        0xa2
#define MAX_CANDIDATES (1u << 16)
#define MAX_DECODED    (16ul << 20) /* bytes, for any one file */

static void add(struct cpuid_scan *scan, const struct elf_segment *s,
		uint64_t pos)
{
	struct cpuid_candidate *c = &scan->candidate[scan->count++];

	*c = (struct cpuid_candidate){ .address = s->address + pos,
				       .offset = s->offset + pos };
}

static void find_in(const struct elf_segment *s, struct cpuid_scan *scan)
{
	const uint8_t *p = s->bytes + 1, *end = s->bytes + s->size;

	/* A2 is rarer in code than 0F */
	while (p < end && scan->count < MAX_CANDIDATES) {
		p = memchr(p, CPUID_1, (size_t)(end - p));
		if (!p)
			break;
		if (p[-1] == CPUID_0)
			add(scan, s, (uint64_t)(p - 1 - s->bytes));
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

/* Any number of functions of a file may overlap: *left bounds the work. */
static void judge(const struct elf_file *elf, const struct elf_range *r,
		  struct cpuid_scan *scan, size_t *left)
{
	size_t size = r->end - r->start;
	const struct elf_segment *s = elf_segment_of(elf, r->start, r->end);
	size_t from = first_from(scan, r->start);
	size_t to = first_from(scan, r->end);

	if (!s || from >= to)
		return;
	if (size > CPUID_MAX_FUNCTION && r->open)
		size = CPUID_MAX_FUNCTION;
	if (size > CPUID_MAX_FUNCTION || size > *left)
		return;
	*left -= size;
	cpuid_judge(s->bytes + (r->start - s->address), size, r->start, r->open,
		    &scan->candidate[from], to - from);
}

void cpuid_scan(int fd, struct cpuid_scan *scan)
{
	struct elf_ranges ranges = { 0 };
	size_t left = MAX_DECODED, i;
	struct elf_file elf;

	*scan = (struct cpuid_scan){ 0 };
	if (!elf_open(&elf, fd))
		return;
	if (!elf_code_has(&elf, CPUID_0, CPUID_1)) {
		elf_close(&elf);
		return;
	}
	elf_read_code(&elf);
	scan->candidate = calloc(MAX_CANDIDATES, sizeof(*scan->candidate));
	for (i = 0; scan->candidate && i < elf.nr_code; i++)
		find_in(&elf.code[i], scan);
	if (scan->candidate && scan->count) {
		qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
		      by_address);
		elf_symbols(&elf, &ranges);
		elf_eh_frame(&elf, &ranges);
		for (i = 0; i < ranges.count; i++)
			judge(&elf, &ranges.range[i], scan, &left);
		qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
		      by_offset);
	}
	free(ranges.range);
	elf_close(&elf);
}
