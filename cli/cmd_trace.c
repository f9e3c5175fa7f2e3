/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx trace`: what a run does from now on. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/runs.h"
#include "cli/trace/follow.h"

static struct follow follow = { .option = "filter" };

static const struct option_spec specs[] = {
	{ "filter", 0, OPTION_STRING, "EVENT[,EVENT]...",
	  "only these: ioctl, leaf, fault, paging, signal", &follow.filter },
	{ "output", 'o', OPTION_STRING, "FILE",
	  "write to FILE, not to standard error", &follow.file },
	{ "symbols", 0, OPTION_STRING, "FILE[@OFFSET]",
	  "the enclave's ELF file, for names of places in it",
	  &follow.symbols },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "trace",
	.synopsis = "[OPTION]... PID",
	.summary = "show what the run that process PID belongs to does",
	.options = specs,
	.notes = "It ends with the run, or by SIGINT (Ctrl-C), and the run "
		 "goes on as if it had\nnot been there.",
};

/* A descriptor that can be read once the user has had enough. */
static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int cmd_trace(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);
	int connection;

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one PID; try: swsgx trace --help");
		return EXIT_OWN_FAILURE;
	}
	connection = runs_connect(argv[0]);
	if (connection < 0 || follow_prepare(&follow))
		return EXIT_OWN_FAILURE;
	return follow_run(&follow, connection, false, -1, watch_signals()) ?
		       EXIT_OWN_FAILURE :
		       0;
}
