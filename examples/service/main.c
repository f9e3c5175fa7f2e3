/* SPDX-License-Identifier: BSD-3-Clause */
/* service: accounts in an enclave, which survive the loss of the enclave. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "examples/lib/error.h"
#include "examples/lib/file.h"
#include "examples/service/server.h"

/* clang-format off */
static const char usage[] =
"Usage: service --dir DIR --socket PATH [--threads N] [--enclave FILE]\n"
"Keep accounts in an SGX enclave; the state, sealed, in DIR.  Clients\n"
"connect to the Unix socket PATH (see service-client --help).\n"
"\n"
"  --threads N      how many may be in the enclave at a time (4, at most 8);\n"
"                   every second one enters by the vDSO, the others by an\n"
"                   ENCLU of this program's own, and hear of faults by\n"
"                   SIGSEGV\n"
"  --enclave FILE   the enclave (default: service-enclave.elf beside this\n"
"                   program); its signature is FILE with .sig for .elf\n"
"\n"
"Ends at SIGTERM or SIGINT and prints what it has seen.  SIGUSR1 is counted\n"
"and does nothing else: an enclave may be interrupted at any time.\n"
"Exit status: 0; 2 usage; 3 it could not begin; 4 the enclave is gone for\n"
"good.\n";
/* clang-format on */

static struct lifeline lifeline;
static struct server server;
static uint64_t signals;

static void on_stop(int sig)
{
	int error = errno;

	(void)sig;
	server_stop(&server);
	errno = error;
}

static void on_usr1(int sig)
{
	(void)sig;
	__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED);
}

static int catch (int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	return sigaction(sig, &sa, NULL) ? enclave_fail_errno("sigaction") : 0;
}

static void print_statistics(void)
{
	const struct {
		const char *name;
		uint64_t value;
	} lines[] = {
		{ "answers", server.answers },
		{ "rebuilds", lifeline.rebuilds },
		{ "lost-while-building", lifeline.failed_builds },
		{ "lost-at-eenter-by-vdso", lifeline.lost[BY_VDSO][0] },
		{ "lost-inside-by-vdso", lifeline.lost[BY_VDSO][1] },
		{ "lost-at-eenter-by-signal", lifeline.lost[BY_SIGNAL][0] },
		{ "lost-inside-by-signal", lifeline.lost[BY_SIGNAL][1] },
		{ "signals", signals },
	};

	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		printf("%s %" PRIu64 "\n", lines[i].name, lines[i].value);
}

static int fail(void)
{
	fprintf(stderr, "service: %s\n", enclave_error());
	return 3;
}

static int run(const char *elf, const char *sig, const char *dir,
	       const char *path, unsigned threads)
{
	int ret = 0;

	if (entry_catch_signals() || lifeline_open(&lifeline, elf, sig, dir))
		return fail();
	if (server_open(&server, &lifeline, path)) {
		lifeline_close(&lifeline);
		return fail();
	}
	if (catch (SIGTERM, on_stop) || catch (SIGINT, on_stop) ||
	    catch (SIGUSR1, on_usr1) || server_run(&server, threads))
		ret = fail();
	print_statistics();
	if (lifeline.life == GONE) {
		fprintf(stderr, "service: %s\n", lifeline.why_gone);
		ret = 4;
	}
	server_close(&server);
	lifeline_close(&lifeline);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "enclave", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ "socket", required_argument, NULL, 's' },
		{ "threads", required_argument, NULL, 't' },
		{ 0 },
	};
	const char *dir = NULL, *path = NULL, *elf = NULL;
	char beside[PATH_MAX], sig[PATH_MAX];
	int threads = 4, c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd') {
			dir = optarg;
		} else if (c == 'e') {
			elf = optarg;
		} else if (c == 's') {
			path = optarg;
		} else if (c == 't') {
			threads = atoi(optarg);
		} else if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		} else {
			return 2;
		}
	}
	if (!dir || !path || optind < argc || threads < 1 ||
	    threads > SERVICE_THREADS) {
		fprintf(stderr,
			"service: --dir DIR and --socket PATH are "
			"needed, --threads is 1 to %d; see --help\n",
			SERVICE_THREADS);
		return 2;
	}
	if (!elf &&
	    !file_beside_program(beside, sizeof(beside), "service-enclave.elf"))
		elf = beside;
	if (!elf || file_signature_of(sig, sizeof(sig), elf)) {
		fprintf(stderr, "service: --enclave: expected a file that ends "
				"in .elf\n");
		return 2;
	}
	return run(elf, sig, dir, path, (unsigned)threads);
}
