/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of a run, for people. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stats/stats.h"

#define SHOWN   20 /* threads, and enclaves */
#define COLUMNS 14
#define CELL    24

/* A table whose columns are as wide as what is in them. */
struct table {
	const char *title;
	unsigned int columns, rows;
	char (*cell)[COLUMNS][CELL]; /* [row]; the first has the headings */
};

struct counter {
	uint64_t value;
	const char *text;
};

/* ": 2 by interrupt, 1 by #PF", for what there is. */
static void put_kinds(FILE *out, const uint64_t count[SGX_STATS],
		      const struct stats_names *names)
{
	const char *before = ": ";

	for (unsigned int i = 0; i < names->n; i++) {
		uint64_t n = count[names->first + i];

		if (!n)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", before, n, names->text[i]);
		before = ", ";
	}
}

static void put_line(FILE *out, uint64_t value, const char *text,
		     const uint64_t *count, const struct stats_names *names)
{
	fprintf(out, "%12" PRIu64 "  %s", value, text);
	if (names)
		put_kinds(out, count, names);
	fputc('\n', out);
}

static void put_counters(FILE *out, const struct stats_run *run)
{
	const struct rt_counters *c = &run->counters;
	const struct counter rest[] = {
		{ c->ioctl, "ioctls on enclaves" },
		{ c->ewb, "pages written out" },
		{ c->eldu, "pages loaded again" },
		{ c->eaug, "pages added by faults" },
		{ c->epc_losses, "losses of the EPC" },
		{ c->migrations, "migrations" },
		{ c->interrupts, "interrupts injected" },
		{ c->evictions, "evictions injected" },
		{ c->epc_pages, "pages of the EPC" },
		{ c->epc_free, "of these free" },
		{ run->epc_peak, "at most in use" },
		{ c->enclaves, "enclaves at present" },
		{ c->threads, "threads inside at present" },
	};

	put_line(out, c->eenter, "EENTER executed", NULL, NULL);
	put_line(out, c->eexit, "EEXIT executed", NULL, NULL);
	put_line(out, c->eresume, "ERESUME executed", NULL, NULL);
	put_line(out, c->aex, "asynchronous exits", run->count, &stats_aex);
	put_line(out, c->fault, "faults that programs were told of", run->count,
		 &stats_faults);
	put_line(out, stats_sum(run->count, &stats_leaves), "leaves inside",
		 run->count, &stats_leaves);
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		put_line(out, rest[i].value, rest[i].text, NULL, NULL);
}

static void put_times(FILE *out, const struct stats_run *run)
{
	char age[CELL], in[CELL], outside[CELL];

	stats_time(age, sizeof(age), run->age);
	if (!run->clock_age) {
		fprintf(out,
			"%12s  since the run began; times inside are not taken "
			"(run --stats)\n",
			age);
		return;
	}
	stats_time(in, sizeof(in), run->count[SGX_STAT_INSIDE]);
	stats_time(outside, sizeof(outside), run->count[SGX_STAT_OUTSIDE]);
	fprintf(out, "%12s  since the run began\n", age);
	fprintf(out,
		"%12s  inside enclaves, of all threads; %s outside between "
		"entries\n",
		in, outside);
}

/* ---- tables --------------------------------------------------------- */

static bool table_begin(struct table *t, const char *title,
			const char *const *headings, unsigned int rows)
{
	*t = (struct table){ .title = title };
	t->cell = calloc(rows + 1, sizeof(*t->cell));
	for (; t->cell && headings[t->columns]; t->columns++)
		snprintf(t->cell[0][t->columns], CELL, "%s",
			 headings[t->columns]);
	return t->cell;
}

static size_t width_of(const struct table *t, unsigned int column)
{
	size_t width = 0;

	for (unsigned int row = 0; row <= t->rows; row++) {
		size_t n = strlen(t->cell[row][column]);

		if (n > width)
			width = n;
	}
	return width;
}

static void put_table(FILE *out, struct table *t, bool bold, unsigned int all)
{
	fprintf(out, "\n%s%s%s\n", bold ? "\033[1m" : "", t->title,
		bold ? "\033[m" : "");
	for (unsigned int row = 0; row <= t->rows; row++) {
		for (unsigned int i = 0; i < t->columns; i++)
			fprintf(out, "%*s", (int)width_of(t, i) + 2,
				t->cell[row][i]);
		fputc('\n', out);
	}
	if (all > t->rows)
		fprintf(out, "  and %u more (--json shows all)\n",
			all - t->rows);
	free(t->cell);
}

/* The next cell of the last row. */
struct cursor {
	struct table *t;
	unsigned int column;
};

static char *next_cell(struct cursor *c)
{
	return c->t->cell[c->t->rows][c->column++];
}

static void put_number(struct cursor *c, uint64_t n)
{
	snprintf(next_cell(c), CELL, "%" PRIu64, n);
}

static void put_hex(struct cursor *c, uint64_t n)
{
	snprintf(next_cell(c), CELL, "0x%" PRIx64, n);
}

/* Zero: nobody knows it, or there is none. */
static void put_known(struct cursor *c, uint64_t n)
{
	if (n)
		put_number(c, n);
	else
		snprintf(next_cell(c), CELL, "-");
}

static void put_ns(struct cursor *c, const struct stats_run *run, uint64_t ns)
{
	if (run->clock_age)
		stats_time(next_cell(c), CELL, ns);
	else
		snprintf(next_cell(c), CELL, "-");
}

static void put_counts(struct cursor *c, const struct stats_run *run,
		       const uint64_t count[SGX_STATS])
{
	put_number(c, count[SGX_STAT_EENTER]);
	put_number(c, count[SGX_STAT_EEXIT]);
	put_number(c, stats_sum(count, &stats_aex));
	put_number(c, count[SGX_STAT_ERESUME]);
	put_number(c, stats_sum(count, &stats_faults));
	put_number(c, count[SGX_STAT_EACCEPT] + count[SGX_STAT_EACCEPTCOPY]);
	put_ns(c, run, count[SGX_STAT_INSIDE]);
	put_ns(c, run, count[SGX_STAT_OUTSIDE]);
}

/* Who has entered most comes first. */
static int by_entries(const void *a, const void *b)
{
	const struct stats_thread *x = *(const struct stats_thread *const *)a;
	const struct stats_thread *y = *(const struct stats_thread *const *)b;
	uint64_t m = x->count[SGX_STAT_EENTER] + x->count[SGX_STAT_ERESUME];
	uint64_t n = y->count[SGX_STAT_EENTER] + y->count[SGX_STAT_ERESUME];

	if (m != n)
		return m < n ? 1 : -1;
	return x < y ? -1 : x > y;
}

static void put_thread(struct table *t, const struct stats_run *run,
		       const struct stats_thread *thread)
{
	struct cursor c = { t, 0 };

	t->rows++;
	put_number(&c, thread->pid);
	put_number(&c, thread->tid);
	put_known(&c, thread->eid);
	put_counts(&c, run, thread->count);
	snprintf(next_cell(&c), CELL, "%s",
		 !thread->alive ? "ended" :
		 thread->inside ? "inside" :
				  "outside");
}

static void put_threads(FILE *out, const struct stats *s, bool bold)
{
	static const char *const headings[] = { "PID",     "TID",     "ENCLAVE",
						"EENTER",  "EEXIT",   "AEX",
						"ERESUME", "FAULTS",  "EACCEPT",
						"INSIDE",  "OUTSIDE", "NOW",
						NULL };
	unsigned int n = s->run->nr_threads;
	const struct stats_thread **sorted = calloc(n + 1, sizeof(void *));
	struct table t;

	if (!sorted)
		return;
	for (unsigned int i = 0; i < n; i++)
		sorted[i] = &s->threads[i];
	qsort(sorted, n, sizeof(void *), by_entries);
	if (n && table_begin(&t, "Threads, by enclave", headings, SHOWN)) {
		for (unsigned int i = 0; i < n && i < SHOWN; i++)
			put_thread(&t, s->run, sorted[i]);
		put_table(out, &t, bold, n);
	}
	free(sorted);
}

static void put_enclave(struct table *t, const struct stats_run *run,
			const struct stats_enclave *e)
{
	struct cursor c = { t, 0 };

	t->rows++;
	put_number(&c, e->is.pages.eid);
	put_hex(&c, e->is.pages.base);
	put_number(&c, e->is.pages.size >> 12);
	put_number(&c, e->is.epc_pages);
	put_number(&c, e->is.pages.peak);
	put_number(&c, e->is.pages.ewb);
	put_number(&c, e->is.pages.eldu);
	put_number(&c, e->is.pages.eaug);
	put_number(&c, e->count[SGX_STAT_EENTER]);
	put_number(&c, stats_sum(e->count, &stats_aex));
	put_ns(&c, run, e->count[SGX_STAT_INSIDE]);
	snprintf(next_cell(&c), CELL, "%s", e->is.open ? "open" : "ended");
}

/* Those that are open, or were last. */
static void put_enclaves(FILE *out, const struct stats *s, bool bold)
{
	static const char *const headings[] = {
		"ENCLAVE", "BASE",   "PAGES", "IN EPC", "PEAK", "OUT", "IN",
		"EAUG",    "EENTER", "AEX",   "INSIDE", "NOW",  NULL
	};
	unsigned int n = s->run->nr_enclaves;
	struct table t;

	if (!n || !table_begin(&t, "Enclaves", headings, SHOWN))
		return;
	for (unsigned int i = n > SHOWN ? n - SHOWN : 0; i < n; i++)
		put_enclave(&t, s->run, &s->enclaves[i]);
	put_table(out, &t, bold, n);
}

void stats_text(const struct stats *s, FILE *out, bool bold)
{
	put_counters(out, s->run);
	put_times(out, s->run);
	put_threads(out, s, bold);
	put_enclaves(out, s, bold);
}
