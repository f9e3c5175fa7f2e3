/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx run`: run a program on a platform with SGX. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/pki/pki.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/platform.h"
#include "cli/stats/report.h"
#include "cli/timeline/timeline.h"
#include "cli/trace/follow.h"
#include "process/supervisor/injection/text.h"
#include "process/supervisor/launch.h"
#include "process/supervisor/supervisor.h"

static uint64_t epc;
static const char *platform;
static const char *cpuid;
static bool sgx1, sgx2;
static bool strict;
static bool no_patch;
static bool verbose;
static struct option_strings injections;
static struct option_number seed;
static struct option_maybe stats;
static struct option_maybe trace;
static const char *timeline;
static struct follow follow = { .option = "trace-filter" };

static const struct option_spec specs[] = {
	{ "epc", 0, OPTION_SIZE, "SIZE",
	  "size of the EPC, such as 64M (default: 8G or\n"
	  "                         half of the memory, what is less)",
	  &epc },
	{ "platform", 0, OPTION_STRING, "DIR",
	  "keep the platform's keys in DIR (default: new ones)", &platform },
	{ "sgx1", 0, OPTION_FLAG, NULL,
	  "a processor without SGX2: the EPCM's faults are #GP", &sgx1 },
	{ "sgx2", 0, OPTION_FLAG, NULL,
	  "one with SGX2: they are #PF with PF_SGX (default)", &sgx2 },
	{ "strict", 0, OPTION_FLAG, NULL,
	  "enclave memory reads as ones outside, also where that\n"
	  "                         is slow (no protection keys)",
	  &strict },
	{ "no-patch", 0, OPTION_FLAG, NULL,
	  "leave all code alone, so that each ENCLU traps, and C\n"
	  "                         libraries' system calls on paths, too",
	  &no_patch },
	{ "cpuid", 0, OPTION_STRING, "MODE",
	  "answer programs' CPUID by fault, rewrite, off, or auto", &cpuid },
	{ "inject", 0, OPTION_STRINGS, "EVENT@WHEN",
	  "have it happen then, such as epc-loss@eenter=3;\n"
	  "                         EVENT: epc-loss, migrate, aex, evict,\n"
	  "                         aesm-busy, aesm-uninitialized,\n"
	  "                         aesm-unavailable, aesm-gone, aesm-cut\n"
	  "                         WHEN: eenter=N, eexit=N, eresume=N, "
	  "fault=N,\n"
	  "                         ioctl=N, aesm=N, time=DURATION,\n"
	  "                         every=DURATION, random=PROBABILITY",
	  &injections },
	{ "seed", 0, OPTION_NUMBER, "N",
	  "start of the chance that random= goes by", &seed },
	{ "stats", 0, OPTION_MAYBE, "FILE",
	  "at the end show what was counted, on standard error or\n"
	  "                         in FILE (as JSON, if it is called "
	  "*.json)",
	  &stats },
	{ "timeline", 0, OPTION_STRING, "FILE",
	  "draw the run: a Trace Event file for Perfetto, or a page\n"
	  "                         that shows it if FILE is called *.html",
	  &timeline },
	{ "trace", 0, OPTION_MAYBE, "FILE",
	  "show each ioctl, leaf, page fault and signal, on standard\n"
	  "                         error or in FILE",
	  &trace },
	{ "trace-filter", 0, OPTION_STRING, "EVENT[,EVENT]...",
	  "of these only: ioctl, leaf, fault, paging, signal", &follow.filter },
	{ "symbols", 0, OPTION_STRING, "FILE[@OFFSET]",
	  "the enclave's ELF file, for the trace's names of places",
	  &follow.symbols },
	{ "verbose", 'v', OPTION_FLAG, NULL,
	  "say why calls are refused and enclaves fault,\n"
	  "                         and more that is worth knowing",
	  &verbose },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "run",
	.synopsis = "[OPTION]... [--] COMMAND [ARGUMENT]...",
	.summary = "run a program with SGX",
	.options = specs,
	.notes = "The exit status is COMMAND's own; 125 if swsgx failed, 126 "
		 "if COMMAND cannot\nbe executed, 127 if it is not found.",
	.first_operand_ends = true,
};

static int choose_cpuid(enum run_cpuid *mode)
{
	static const char *const names[] = {
		[RUN_CPUID_AUTO] = "auto",
		[RUN_CPUID_FAULT] = "fault",
		[RUN_CPUID_REWRITE] = "rewrite",
		[RUN_CPUID_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!cpuid || !strcmp(cpuid, names[i])) {
			*mode = (enum run_cpuid)i;
			return 0;
		}
	}
	complain("--cpuid: '%s': expected auto, fault, rewrite or off", cpuid);
	return -1;
}

static int choose_generation(struct platform_options *wanted)
{
	if (sgx1 && sgx2) {
		complain("--sgx1 and --sgx2: a processor is one of the two; "
			 "give one");
		return -1;
	}
	if (sgx1 || sgx2)
		wanted->generation = sgx1 ? PLATFORM_SGX1 : PLATFORM_SGX2;
	return 0;
}

static int choose_injections(struct run_options *options)
{
	char why[256];

	_Static_assert(OPTION_STRINGS_MAX <= SGX_MAX_INJECTIONS,
		       "all have room");
	if (seed.given)
		options->seed = seed.number;
	else
		platform_entropy(&options->seed, sizeof(uint32_t));
	for (unsigned int i = 0; i < injections.count; i++) {
		struct sgx_injection *in = &options->injections[i];

		if (injection_parse(injections.text[i], in, why, sizeof(why))) {
			complain("--inject: %s: %s", injections.text[i], why);
			return -1;
		}
		/* each injection draws its own numbers */
		in->seed = options->seed + ((uint64_t)i << 32);
		if (in->when == SGX_WHEN_RANDOM && !seed.given)
			options->random_seed_drawn = true;
	}
	options->nr_injections = injections.count;
	return 0;
}

static int follow_trace(int connection, int ready, int stop)
{
	return follow_run(&follow, connection, true, ready, stop);
}

static int choose_trace(struct run_options *options)
{
	if (!trace.given && (follow.filter || follow.symbols)) {
		complain("--%s says more about --trace; give that, too",
			 follow.filter ? "trace-filter" : "symbols");
		return -1;
	}
	if (timeline && trace.given) {
		complain("--trace and --timeline follow the run each by "
			 "itself; give one, or follow with swsgx trace");
		return -1;
	}
	if (timeline) {
		options->follow = timeline_follow;
		return timeline_prepare(timeline);
	}
	if (!trace.given)
		return 0;
	follow.file = trace.text;
	options->follow = follow_trace;
	return follow_prepare(&follow);
}

/*
 * swsgx is inside a run already: the program joins that run, as programs on one
 * machine with SGX share the machine.
 */
static int run_nested(char **argv)
{
	int err;

	if (epc || platform || cpuid || sgx1 || sgx2 || strict || no_patch ||
	    injections.count || stats.given || trace.given || timeline) {
		complain("already inside a run, whose platform all its "
			 "programs share; give --epc, --platform, --sgx1, "
			 "--sgx2, --strict, --no-patch, --cpuid, --inject, "
			 "--stats, --timeline and --trace to the outer swsgx "
			 "run, or "
			 "follow that: swsgx trace");
		return EXIT_OWN_FAILURE;
	}
	if (verbose)
		fprintf(stderr, "swsgx: run: inside a run already: joining "
				"it\n");
	execvp(argv[0], argv);
	err = errno;
	complain("cannot run '%s': %s%s", argv[0], strerror(err),
		 launch_hint(argv[0], err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

/* Where the certificates of quotes are, whatever directory the run is in. */
static char *test_root(const char *dir)
{
	char *whole = dir ? realpath(dir, NULL) : NULL;
	char *path = pki_directory(dir && whole ? whole : dir);

	free(whole);
	return path;
}

int cmd_run(int argc, char **argv)
{
	struct run_options options = { .entropy = platform_entropy,
				       .complain = complain };
	struct platform_options wanted = { 0 };
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc == 0) {
		complain("no COMMAND given; try: swsgx run -- ./app");
		return EXIT_OWN_FAILURE;
	}
	if (choose_cpuid(&options.cpuid) || choose_generation(&wanted) ||
	    choose_injections(&options))
		return EXIT_OWN_FAILURE;
	if (supervisor_is_inside())
		return run_nested(argv);
	wanted.epc_bytes = epc;
	if (platform_load(platform, &wanted, &options.package))
		return EXIT_OWN_FAILURE;
	options.test_root = test_root(platform);
	if (choose_trace(&options))
		return EXIT_OWN_FAILURE;
	options.package.patch = !no_patch;
	options.strict = strict;
	if (stats.given) {
		if (stats_report_open(stats.text))
			return EXIT_OWN_FAILURE;
		options.stats = stats_report;
		options.clock = true;
	}
	options.verbose = verbose;
	return supervisor_run(&options, argv);
}
