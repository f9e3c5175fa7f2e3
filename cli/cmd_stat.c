/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx stat`: what a run has done so far. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/runs.h"
#include "cli/stats/stats.h"

#define EVERY_MS 1000

static bool json, watch;
static volatile sig_atomic_t stopped;

static const struct option_spec specs[] = {
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json },
	{ "watch", 'w', OPTION_FLAG, NULL,
	  "again each second, and take the times inside; ends with\n"
	  "                         the process, or by Ctrl-C",
	  &watch },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "stat",
	.synopsis = "[--json] [--watch] PID",
	.summary = "show the counters of the run that process PID belongs to",
	.options = specs,
	.notes = "Counted over all processes of the run, since it started.",
};

/* A terminal is cleared as the new text is written, so nothing flickers. */
static char *clear_as_written(const char *text)
{
	char *out = malloc(4 * strlen(text) + 16), *at = out;

	if (!out)
		return NULL;
	at = stpcpy(at, "\033[H");
	for (; *text; text++) {
		if (*text == '\n')
			at = stpcpy(at, "\033[K");
		*at++ = *text;
	}
	strcpy(at, "\033[J");
	return out;
}

static void put(const struct stats *s)
{
	static bool again;
	bool in_place = watch && !json && isatty(STDOUT_FILENO) &&
			stats_may_be_bold(stdout);
	char *text = NULL, *cleared;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		die("out of memory");
	if (json)
		stats_json(s, f, !watch);
	else
		stats_text(s, f, stats_may_be_bold(stdout));
	fclose(f);
	if (again && !json && !in_place)
		putchar('\n');
	if (in_place && !again)
		fputs("\033[2J", stdout);
	cleared = in_place ? clear_as_written(text) : NULL;
	fputs(cleared ? cleared : text, stdout);
	again = true;
	free(cleared);
	free(text);
}

static void answered(pid_t pid, const struct msg *answer, int file)
{
	struct stats s;
	int r = stats_read(file, &s);

	(void)answer;
	if (r)
		die("the run of process %d belongs to another version of "
		    "swsgx: %s",
		    (int)pid, strerror(-r));
	put(&s);
	stats_free(&s);
}

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Until the process ends, or somebody has seen enough. */
static int watch_run(const char *pid, const struct run_request *request)
{
	const struct timespec pause = { EVERY_MS / 1000,
					EVERY_MS % 1000 * 1000000 };

	catch_signals();
	while (!stopped) {
		if (fflush(stdout))
			return 0; /* main.c tells of it */
		nanosleep(&pause, NULL);
		if (stopped || runs_is_over(pid))
			break;
		if (runs_ask_pid(pid, request))
			return runs_is_over(pid) ? 0 : EXIT_OWN_FAILURE;
	}
	return 0;
}

int cmd_stat(int argc, char **argv)
{
	struct run_request request = { .msg = { .type = MSG_STATS },
				       .answered_file = answered };
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one PID; try: swsgx stat --help");
		return EXIT_OWN_FAILURE;
	}
	request.msg.stats.clock = watch;
	if (runs_ask_pid(argv[0], &request))
		return EXIT_OWN_FAILURE;
	return watch ? watch_run(argv[0], &request) : 0;
}
