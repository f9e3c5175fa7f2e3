/* SPDX-License-Identifier: BSD-3-Clause */
/* The command: runs schedules, shows one, makes one shorter. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/schedule.h"
#include "tests/sim/sim.h"

static const char usage[] =
	"usage: sim [--schedules N] [--seed N] [--scenario NAME]... [--trace] "
	"[--shrink]\n"
	"\n"
	"  --schedules N  so many, from --seed on (1000); 0: without end\n"
	"  --seed N       the first; alone: this one\n"
	"  --scenario S   only these; --list names them\n"
	"  --trace        show what happens\n"
	"  --shrink       make what fails shorter, and show that\n"
	"  --keep-going   count failures, and go on\n"
	"  --expect TEXT  go on until one fails with this in its message\n"
	"  --list         the scenarios\n";

struct options {
	uint64_t seed, schedules;
	unsigned int set[32], n;
	bool trace, shrink, keep_going;
	const char *expect;
};

static bool run(const struct options *o, uint64_t seed)
{
	return schedule_run(seed, &scenarios[o->set[seed % o->n]]);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void progress(uint64_t done, uint64_t failed, double since)
{
	if (isatty(2))
		fprintf(stderr, "\r%lu schedules, %lu failed, %.0f a second ",
			(unsigned long)done, (unsigned long)failed,
			(double)done / (seconds() - since));
}

static void tell(const struct options *o, uint64_t seed)
{
	printf("sim: seed %lu (%s): %s\n", (unsigned long)seed,
	       sim_scenario->name, sim_failure);
	printf("sim: --seed %lu", (unsigned long)seed);
	for (unsigned int i = 0; i < o->n && o->n != nr_scenarios; i++)
		printf(" --scenario %s", scenarios[o->set[i]].name);
	printf(" --shrink shows it\n");
	fflush(stdout);
}

/* Those of one scenario one after the other: a world is dear. */
static int run_many(const struct options *o)
{
	const uint64_t batch = 4096;
	uint64_t done = 0, failed = 0, steps = 0;
	double since = seconds();

	for (uint64_t from = 0; !o->schedules || from < o->schedules;
	     from += batch) {
		for (unsigned int j = 0; j < o->n; j++) {
			for (uint64_t i = from + j; i < from + batch &&
			     (!o->schedules || i < o->schedules); i += o->n) {
				bool good = run(o, o->seed + i);

				done++;
				steps += sim_steps;
				if (good)
					continue;
				failed++;
				if (o->expect &&
				    !strstr(sim_failure, o->expect))
					continue;
				tell(o, o->seed + i);
				if (!o->keep_going)
					return !o->expect;
			}
		}
		progress(done, failed, since);
	}
	printf("sim: %lu schedules, %lu failed, %lu steps, %.1f s\n",
	       (unsigned long)done, (unsigned long)failed,
	       (unsigned long)steps, seconds() - since);
	return failed || o->expect;
}

static int run_one(const struct options *o)
{
	sim_tracing = o->trace && !o->shrink;
	if (run(o, o->seed)) {
		printf("sim: seed %lu: nothing is wrong\n",
		       (unsigned long)o->seed);
		return 0;
	}
	tell(o, o->seed);
	if (o->shrink)
		schedule_shrink();
	return 1;
}

static void add_scenario(struct options *o, const char *name)
{
	for (unsigned int i = 0; i < nr_scenarios; i++)
		if (!strcmp(scenarios[i].name, name)) {
			o->set[o->n++] = i;
			return;
		}
	fprintf(stderr, "sim: no scenario '%s'; --list names them\n", name);
	exit(2);
}

static void list(void)
{
	for (unsigned int i = 0; i < nr_scenarios; i++)
		printf("%-14s %s\n", scenarios[i].name, scenarios[i].what);
	exit(0);
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "schedules", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "scenario", required_argument, NULL, 'c' },
		{ "list", no_argument, NULL, 'l' },
		{ "trace", no_argument, NULL, 't' },
		{ "shrink", no_argument, NULL, 'k' },
		{ "keep-going", no_argument, NULL, 'g' },
		{ "expect", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	bool seed = false, many = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			o->schedules = strtoull(optarg, NULL, 0);
			many = true;
			break;
		case 's':
			o->seed = strtoull(optarg, NULL, 0);
			seed = true;
			break;
		case 'c':
			add_scenario(o, optarg);
			break;
		case 'l':
			list();
			break;
		case 't':
			o->trace = true;
			break;
		case 'k':
			o->shrink = true;
			break;
		case 'e':
			o->expect = optarg;
			break;
		case 'g':
			o->keep_going = true;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (seed && !many)
		o->schedules = 1;
	for (unsigned int i = 0; !o->n || (i && i < nr_scenarios); i++)
		o->set[o->n++] = i;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .schedules = 1000 };

	parse(argc, argv, &o);
	memory_init();
	sched_init();
	return o.schedules == 1 ? run_one(&o) : run_many(&o);
}
