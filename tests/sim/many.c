/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A range of seeds, in batches, which workers take one after the other.  What
 * they report is told in the order of batches, so it does not depend on how
 * many workers there are, nor on who was quicker: of a batch that fails, the
 * lowest seed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/options.h"

#define BATCH 2048u
#define NEVER UINT64_MAX

/* Of a failure; or of the end of a batch.  Fits into one write to a pipe. */
struct report {
	uint64_t batch, seed, done, steps;
	bool ends;
	char text[400];
};

struct note {
	struct report r;
	struct note *next;
};

/* What workers share. */
static struct {
	uint64_t next;         /* atomic: the next batch to take */
	uint64_t last;         /* atomic: no batch after this one matters */
	uint64_t at[MAX_JOBS]; /* the seed that each is at */
} * shared;

static const struct options *o;
static int to_parent = -1; /* a pipe; -1: the worker is the parent */

/* Telling ------------------------------------------------------------- */

static struct note *notes; /* not told yet, by seed */
static uint64_t told;      /* batches */
static uint64_t done, failed, steps;
static bool over; /* a failure has ended it */
static double since;

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void progress(void)
{
	if (isatty(2))
		fprintf(stderr, "\r%lu schedules, %lu failed, %.0f a second ",
			(unsigned long)done, (unsigned long)failed,
			(double)done / (seconds() - since));
}

static bool is_expected(const char *text)
{
	return !o->expect || strstr(text, o->expect);
}

static void tell(const struct report *r)
{
	failed++;
	if (over || !is_expected(r->text))
		return;
	tell_failure(o, r->seed, r->text);
	over = !o->keep_going;
}

static void tell_batch(const struct report *end)
{
	while (notes && notes->r.batch == end->batch) {
		struct note *n = notes;

		notes = n->next;
		if (!n->r.ends)
			tell(&n->r);
		free(n);
	}
	done += end->done;
	steps += end->steps;
	told++;
	progress();
}

/* Where a note belongs: by batch, by seed, and the end of a batch last. */
static bool comes_after(const struct report *a, const struct report *b)
{
	if (a->batch != b->batch)
		return a->batch > b->batch;
	return a->ends || (!b->ends && a->seed > b->seed);
}

static void insert(const struct report *r)
{
	struct note **at = &notes, *n = malloc(sizeof(*n));

	if (!n)
		abort();
	while (*at && comes_after(r, &(*at)->r))
		at = &(*at)->next;
	*n = (struct note){ *r, *at };
	*at = n;
}

static const struct report *end_of(uint64_t batch)
{
	for (const struct note *n = notes; n; n = n->next)
		if (n->r.ends && n->r.batch == batch)
			return &n->r;
	return NULL;
}

static void take_report(const struct report *r)
{
	const struct report *end;

	insert(r);
	while (!over && (end = end_of(told))) {
		struct report copy = *end;

		tell_batch(&copy);
	}
}

/* Working ------------------------------------------------------------- */

static void emit(const struct report *r)
{
	if (to_parent < 0)
		take_report(r);
	else if (write(to_parent, r, sizeof(*r)) != sizeof(*r))
		_exit(2);
}

static void no_batch_after(uint64_t batch)
{
	uint64_t was = __atomic_load_n(&shared->last, __ATOMIC_SEQ_CST);

	while (batch < was &&
	       !__atomic_compare_exchange_n(&shared->last, &was, batch, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* True: what comes later need not be looked at. */
static bool report_failure(uint64_t batch, uint64_t seed)
{
	struct report r = { .batch = batch, .seed = seed };

	strncpy(r.text, sim_failure, sizeof(r.text) - 1);
	emit(&r);
	if (o->keep_going || !is_expected(r.text))
		return false;
	no_batch_after(batch);
	return true;
}

static uint64_t end_of_range(uint64_t from)
{
	uint64_t end = from + BATCH;

	return o->schedules && end > o->schedules ? o->schedules : end;
}

/* Those of one scenario one after the other: a world is dear. */
static void run_batch(uint64_t batch, uint64_t *at)
{
	uint64_t from = batch * BATCH, end = end_of_range(from);
	struct report r = { .batch = batch, .ends = true };

	for (unsigned int j = 0; j < o->n; j++) {
		for (uint64_t i = from + j; i < end; i += o->n) {
			*at = o->seed + i;
			if (!run_seed(o, *at) && report_failure(batch, *at))
				end = i;
			r.done++;
			r.steps += sim_steps;
		}
	}
	emit(&r);
}

static void work(unsigned int worker)
{
	for (;;) {
		uint64_t batch = __atomic_fetch_add(&shared->next, 1,
						    __ATOMIC_SEQ_CST);

		if ((o->schedules && batch * BATCH >= o->schedules) ||
		    batch > __atomic_load_n(&shared->last, __ATOMIC_SEQ_CST))
			return;
		run_batch(batch, &shared->at[worker]);
	}
}

/* Workers ------------------------------------------------------------- */

static void start_worker(unsigned int worker, const int pipe_fds[2])
{
	if (fork())
		return;
	close(pipe_fds[0]);
	to_parent = pipe_fds[1];
	work(worker);
	_exit(0);
}

static void listen_to(int fd)
{
	struct report r;
	FILE *f = fdopen(fd, "r");

	while (f && fread(&r, sizeof(r), 1, f) == 1)
		take_report(&r);
}

/* A worker that ends otherwise than by itself is the simulator's fault. */
static bool all_ended_well(void)
{
	bool well = true;
	int status;

	while (wait(&status) > 0)
		well &= WIFEXITED(status) && !WEXITSTATUS(status);
	for (unsigned int i = 0; !well && i < o->jobs; i++)
		printf("sim: the simulator itself died; worker %u was last "
		       "seen at --seed %lu\n",
		       i, (unsigned long)shared->at[i]);
	return well;
}

static bool work_in_parallel(void)
{
	int fds[2];

	fflush(stdout);
	if (pipe(fds))
		abort();
	for (unsigned int i = 0; i < o->jobs; i++)
		start_worker(i, fds);
	close(fds[1]);
	listen_to(fds[0]);
	return all_ended_well();
}

int run_many(const struct options *options)
{
	o = options;
	since = seconds();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	shared->last = NEVER;
	if (o->jobs <= 1)
		work(0);
	else if (!work_in_parallel())
		return 2;
	if (over)
		return !o->expect;
	printf("sim: %lu schedules, %lu failed, %lu steps, %.1f s\n",
	       (unsigned long)done, (unsigned long)failed, (unsigned long)steps,
	       seconds() - since);
	return failed || o->expect;
}
