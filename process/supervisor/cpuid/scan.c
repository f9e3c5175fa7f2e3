/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/cpuid/scan.h.  All places in the code that look like
 * CPUID are looked for first.  Only functions that have such a place are
 * decoded.
 */
#include "process/supervisor/cpuid/scan.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"
#include "process/supervisor/cpuid/eh_frame.h"
#include "process/supervisor/cpuid/elf.h"

#define CPUID_0        0x0f
#define CPUID_1        0xa2
#define MAX_CANDIDATES (1u << 16)
#define MAX_DECODED    (16ul << 20) /* bytes, for any one file */

static void add(uint64_t address, uint64_t offset, void *arg)
{
	struct cpuid_scan *scan = arg;

	if (!scan->candidate)
		scan->candidate = calloc(MAX_CANDIDATES,
					 sizeof(*scan->candidate));
	if (!scan->candidate || scan->count == MAX_CANDIDATES)
		return;
	scan->candidate[scan->count++] = (struct cpuid_candidate){
		.address = address, .offset = offset
	};
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

/* All of them are surely sites, or surely none by this very function. */
static bool is_judged(const struct cpuid_candidate *c, size_t n,
		      const struct elf_range *r, const struct elf_range *by)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].verdict != CPUID_SITE &&
		    (by[i].start != r->start || by[i].end != r->end))
			return false;
	return true;
}

/*
 * Most candidates are parts of other instructions.  False: all of these are,
 * in a function that is decoded from its start; by a decoder that knows less
 * and is quicker.
 */
static bool may_be_sites(const uint8_t *code, size_t size,
			 const struct elf_range *r,
			 const struct cpuid_candidate *c, size_t n)
{
	struct insn insn;
	size_t p = 0, i = 0;

	while (i < n) {
		size_t at = c[i].address - r->start;

		if (!insn_decode(&insn, code + p, size - p))
			return true;
		if (p + insn.opcode == at)
			return true;
		p += insn.length;
		while (i < n && c[i].address - r->start < p)
			i++;
	}
	return false;
}

struct work {
	struct elf_file *elf;
	struct cpuid_scan *scan;
	struct elf_range *by; /* who has judged each candidate last */
	size_t left;
};

static void judge_code(struct work *w, const struct elf_range *r,
		       const uint8_t *code, size_t size, size_t from, size_t to)
{
	struct cpuid_candidate *c = &w->scan->candidate[from];
	size_t n = to - from;

	for (size_t i = from; i < to; i++)
		w->by[i] = *r;
	if (r->open || may_be_sites(code, size, r, c, n)) {
		cpuid_judge(code, size, r->start, r->open, c, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (c[i].verdict == CPUID_UNKNOWN)
			c[i].verdict = CPUID_WITHIN;
}

/* Any number of functions of a file may overlap: what is left bounds the work.
 */
static void judge(struct work *w, const struct elf_range *r)
{
	size_t from = first_from(w->scan, r->start);
	size_t to = first_from(w->scan, r->end);
	size_t size = r->end - r->start;
	const struct elf_segment *s;
	uint8_t *code;

	if (from >= to ||
	    is_judged(&w->scan->candidate[from], to - from, r, &w->by[from]))
		return;
	s = elf_segment_of(w->elf, r->start, r->end);
	if (size > CPUID_MAX_FUNCTION && r->open)
		size = CPUID_MAX_FUNCTION;
	if (!s || size > CPUID_MAX_FUNCTION || size > w->left)
		return;
	w->left -= size;
	code = elf_read(w->elf, s->offset + (r->start - s->address), size);
	if (code)
		judge_code(w, r, code, size, from, to);
	free(code);
}

static void judge_all(struct elf_file *elf, struct cpuid_scan *scan)
{
	struct work w = { .elf = elf,
			  .scan = scan,
			  .by = calloc(scan->count, sizeof(*w.by)),
			  .left = MAX_DECODED };
	struct elf_ranges ranges = { 0 };
	size_t i;

	qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
	      by_address);
	elf_symbols(elf, &ranges);
	elf_eh_frame(elf, &ranges);
	for (i = 0; w.by && i < ranges.count; i++)
		judge(&w, &ranges.range[i]);
	qsort(scan->candidate, scan->count, sizeof(*scan->candidate),
	      by_offset);
	free(ranges.range);
	free(w.by);
}

void cpuid_scan(int fd, struct cpuid_scan *scan)
{
	struct elf_file elf;

	*scan = (struct cpuid_scan){ 0 };
	if (!elf_open(&elf, fd))
		return;
	elf_pairs(&elf, CPUID_0, CPUID_1, add, scan);
	if (scan->count)
		judge_all(&elf, scan);
	elf_close(&elf);
}
