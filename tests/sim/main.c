/* SPDX-License-Identifier: BSD-3-Clause */
/* The command: runs schedules, shows one, makes one shorter. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/options.h"
#include "tests/sim/schedule.h"

static const char usage[] =
	"usage: sim [--schedules N] [--seed N] [--scenario NAME]... "
	"[--jobs N]\n"
	"           [--trace] [--shrink]\n"
	"\n"
	"  --schedules N  so many, from --seed on (1000); 0: without end\n"
	"  --seed N       the first; alone: this one\n"
	"  --scenario S   only these; --list names them\n"
	"  --jobs N       by so many processes; the result is the same (1)\n"
	"  --trace        show what happens\n"
	"  --shrink       make what fails shorter, and show that\n"
	"  --keep-going   count failures, and go on\n"
	"  --expect TEXT  go on until one fails with this in its message\n"
	"  --list         the scenarios\n";

bool run_seed(const struct options *o, uint64_t seed)
{
	return schedule_run(seed, &scenarios[o->set[seed % o->n]]);
}

void tell_failure(const struct options *o, uint64_t seed, const char *text)
{
	printf("sim: seed %lu (%s): %s\n", (unsigned long)seed,
	       scenarios[o->set[seed % o->n]].name, text);
	printf("sim: --seed %lu", (unsigned long)seed);
	for (unsigned int i = 0; i < o->n && o->n != nr_scenarios; i++)
		printf(" --scenario %s", scenarios[o->set[i]].name);
	printf(" --shrink shows it\n");
	fflush(stdout);
}

static int run_one(const struct options *o)
{
	sim_tracing = o->trace && !o->shrink;
	if (run_seed(o, o->seed)) {
		printf("sim: seed %lu: nothing is wrong\n",
		       (unsigned long)o->seed);
		return 0;
	}
	tell_failure(o, o->seed, sim_failure);
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

static unsigned int jobs_of(const char *arg)
{
	unsigned long n = strtoul(arg, NULL, 0);

	if (n >= 1 && n <= MAX_JOBS)
		return (unsigned int)n;
	fprintf(stderr, "sim: --jobs %s: 1 to %u, please\n", arg, MAX_JOBS);
	exit(2);
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "schedules", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "scenario", required_argument, NULL, 'c' },
		{ "jobs", required_argument, NULL, 'j' },
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
		case 'j':
			o->jobs = jobs_of(optarg);
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
	struct options o = { .seed = 1, .schedules = 1000, .jobs = 1 };

	parse(argc, argv, &o);
	memory_init();
	sched_init();
	return o.schedules == 1 ? run_one(&o) : run_many(&o);
}
