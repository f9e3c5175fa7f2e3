/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/platform/stats.h.  The rows are read while threads
 * write to them: a number may be older than the one beside it.
 */
#include "process/supervisor/platform/stats.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "process/stats.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/platform/platform.h"
#include "process/supervisor/platform/stat.h"

/* When the run began, and when the clock was started (0: it was not). */
static struct {
	uint64_t tsc, ns;
	uint64_t clock_ns;
} start;

/* What is being put together. */
struct snapshot {
	struct stats_run run;
	struct stats_thread *threads;
	struct stats_enclave *enclaves;
	uint64_t tsc;
	double ns_per_tick;
};

void stats_begin(struct platform *p, bool clock)
{
	start.tsc = __rdtsc();
	start.ns = loop_now();
	if (clock)
		stats_start_clock(p);
}

void stats_start_clock(struct platform *p)
{
	if (start.clock_ns)
		return;
	start.clock_ns = loop_now();
	__atomic_store_n(&sgx_stats_of(p->mm.shared)->clock, 1,
			 __ATOMIC_RELEASE);
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* The longer the run, the better: a TSC's rate is only known by measuring. */
static void calibrate(struct snapshot *s)
{
	uint64_t ns = loop_now() - start.ns;

	s->tsc = __rdtsc();
	s->run.age = ns;
	if (start.clock_ns)
		s->run.clock_age = loop_now() - start.clock_ns + 1;
	s->ns_per_tick = s->tsc > start.tsc ?
				 (double)ns / (double)(s->tsc - start.tsc) :
				 0;
}

static void to_ns(const struct snapshot *s, uint64_t count[SGX_STATS])
{
	for (unsigned int i = SGX_STAT_INSIDE; i <= SGX_STAT_OUTSIDE; i++)
		count[i] = (uint64_t)((double)count[i] * s->ns_per_tick);
}

static bool is_alive(const struct sgx_stats_row *row)
{
	return sgx_stats_state(row) == SGX_STATS_LIVE && row->pid &&
	       (!syscall(SYS_tgkill, row->pid, row->tid, 0) || errno == EPERM);
}

/* The time since the thread's last transition is in no counter yet. */
static void add_running(const struct snapshot *s, struct stats_thread *t,
			uint64_t at)
{
	uint64_t then = at & ~SGX_STATS_IS_INSIDE;

	if (!then || s->tsc <= then)
		return;
	t->count[t->inside ? SGX_STAT_INSIDE : SGX_STAT_OUTSIDE] += s->tsc -
								    then;
}

static struct stats_thread thread_of(const struct snapshot *s,
				     const struct sgx_stats_row *row)
{
	struct stats_thread t = { .pid = row->pid,
				  .tid = row->tid,
				  .eid = row->eid,
				  .alive = is_alive(row) };

	t.inside = t.alive && load(&row->inside);
	for (unsigned int i = 0; i < SGX_STATS; i++)
		t.count[i] = load(&row->count[i]) - load(&row->before[i]);
	if (t.alive)
		add_running(s, &t, load(&row->at));
	return t;
}

static void add_counts(uint64_t to[SGX_STATS], const uint64_t from[SGX_STATS])
{
	for (unsigned int i = 0; i < SGX_STATS; i++)
		to[i] += from[i];
}

/* What the row's earlier threads have done counts in the sum alone. */
static void take_row(struct snapshot *s, const struct sgx_stats_row *row)
{
	struct stats_thread t = thread_of(s, row);

	add_counts(s->run.count, row->before);
	add_counts(s->run.count, t.count);
	for (uint32_t i = 0; i < s->run.nr_enclaves; i++) {
		if (s->enclaves[i].is.pages.eid != t.eid)
			continue;
		add_counts(s->enclaves[i].count, t.count);
		s->enclaves[i].inside += t.inside;
	}
	if (row->pid)
		s->threads[s->run.nr_threads++] = t;
}

static int take_enclaves(struct snapshot *s, const struct platform *p)
{
	unsigned int max = sgx_stat_enclaves_max(&p->mm);
	struct sgx_stat_enclave *is = calloc(max, sizeof(*is));

	s->enclaves = calloc(max, sizeof(*s->enclaves));
	if (!is || !s->enclaves) {
		free(is);
		return -ENOMEM;
	}
	s->run.nr_enclaves = sgx_stat_enclaves(&p->mm, is, max,
					       &s->run.forgotten);
	for (uint32_t i = 0; i < s->run.nr_enclaves; i++)
		s->enclaves[i].is = is[i];
	free(is);
	return 0;
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_snapshot(struct snapshot *s)
{
	size_t threads = s->run.nr_threads * sizeof(*s->threads);
	size_t enclaves = s->run.nr_enclaves * sizeof(*s->enclaves);
	int fd = memfd_create("swsgx-stats", MFD_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	s->run.version = STATS_VERSION;
	s->run.size = (uint32_t)(sizeof(s->run) + threads + enclaves);
	r = write_all(fd, &s->run, sizeof(s->run));
	if (!r)
		r = write_all(fd, s->threads, threads);
	if (!r)
		r = write_all(fd, s->enclaves, enclaves);
	if (!r)
		return fd;
	close(fd);
	return r;
}

static void all_to_ns(struct snapshot *s)
{
	to_ns(s, s->run.count);
	for (uint32_t i = 0; i < s->run.nr_threads; i++)
		to_ns(s, s->threads[i].count);
	for (uint32_t i = 0; i < s->run.nr_enclaves; i++)
		to_ns(s, s->enclaves[i].count);
}

static int fill(struct snapshot *s, struct platform *p)
{
	const struct sgx_stats *stats = sgx_stats_of(p->mm.shared);
	uint32_t rows = sgx_stats_nr_rows(stats);

	s->threads = calloc(rows, sizeof(*s->threads));
	if (!s->threads || take_enclaves(s, p))
		return -ENOMEM;
	calibrate(s);
	for (uint32_t i = 0; i < rows; i++)
		take_row(s, &stats->rows[i]);
	all_to_ns(s);
	return write_snapshot(s);
}

int stats_snapshot(struct platform *p)
{
	struct snapshot s = { 0 };
	struct sgx_stat stat;
	int r;

	stat_fill(p, &s.run.counters);
	sgx_stat(&p->mm, &stat);
	s.run.epc_peak = stat.epc_peak;
	r = fill(&s, p);
	free(s.threads);
	free(s.enclaves);
	return r;
}
