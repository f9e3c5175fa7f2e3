/* SPDX-License-Identifier: BSD-3-Clause */
/* Clock, median, output, and the benchmark enclave. */
#define _GNU_SOURCE
#include "bench/bench.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_now(void)
{
	return now(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
	return now(CLOCK_THREAD_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare);
	return n & 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void bench_print(const char *name, double value)
{
	printf("%s %.9g\n", name, value);
	fflush(stdout);
}

static volatile sig_atomic_t interrupts;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupts++;
}

static double time_of(void (*work)(void))
{
	double start = bench_cpu();

	work();
	return bench_cpu() - start;
}

static double one_interrupt(void (*work)(void), timer_t timer)
{
	const struct itimerspec fast = { { 0, 50000 }, { 0, 50000 } };
	const struct itimerspec off = { { 0, 0 }, { 0, 0 } };
	double undisturbed = time_of(work), disturbed;

	interrupts = 0;
	timer_settime(timer, 0, &fast, NULL);
	disturbed = time_of(work);
	timer_settime(timer, 0, &off, NULL);
	if (!interrupts)
		bench_fail("the timer does not come");
	return (disturbed - undisturbed) / interrupts;
}

double bench_interrupt(void (*work)(void))
{
	struct sigaction sa = { .sa_handler = on_interrupt };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGALRM };
	double each[9];
	timer_t timer;

	if (sigaction(SIGALRM, &sa, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer))
		bench_fail("no timer");
	for (unsigned i = 0; i < 9; i++)
		each[i] = one_interrupt(work, timer);
	timer_delete(timer);
	return bench_median(each, 9);
}

void *bench_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bench_fail("no memory");
	madvise(p, bytes, MADV_NOHUGEPAGE);
	memset(p, 1, bytes);
	return p;
}

void bench_skip(const char *why)
{
	fprintf(stderr, "cannot measure: %s\n", why);
	exit(77);
}

void bench_fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

void bench_load(struct enclave *e)
{
	char elf[PATH_MAX] = "", self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    snprintf(elf, sizeof(elf), "%s/bench-enclave.elf", dirname(self)) >=
		    (int)sizeof(elf))
		bench_fail("where is the enclave?");
	if (enclave_load(e, elf, NULL, NULL))
		bench_skip(enclave_error());
}

uint64_t bench_call(const struct enclave *e, struct request *request)
{
	struct enclave_exit exit;

	if (enclave_enter(e, 0, request, &exit) || exit.function != ENCLU_EEXIT)
		bench_fail("the enclave did not come back");
	return exit.result;
}
