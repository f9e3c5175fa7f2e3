/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx suspend`: lose the EPC of a run, as a machine does that sleeps. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "process/supervisor/supervisor.h"

static const struct option_spec specs[] = { { 0 } };

static const struct command_usage usage = {
	.command = "suspend",
	.synopsis = "PID",
	.summary = "lose the EPC of the run that process PID belongs to",
	.options = specs,
	.notes = "PID is that of swsgx run or of any process in the run.  "
		 "Every EPCM entry becomes\ninvalid, as over S3, hibernation "
		 "or the migration of a VM; programs must rebuild\ntheir "
		 "enclaves.",
};

static int parse_pid(const char *text, pid_t *pid)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n <= 0 || n > INT32_MAX) {
		complain("PID: '%s' is not a process id; expected a positive "
			 "number", text);
		return -1;
	}
	*pid = (pid_t)n;
	return 0;
}

static int open_run(pid_t pid)
{
	int fd = supervisor_connect(pid);

	if (fd >= 0)
		return fd;
	if (fd == -ESRCH)
		complain("no process %d", (int)pid);
	else if (fd == -ENOENT)
		complain("process %d does not run under swsgx run", (int)pid);
	else
		complain("cannot reach the run of process %d: %s", (int)pid,
			 strerror(-fd));
	return -1;
}

int cmd_suspend(int argc, char **argv)
{
	struct msg msg = { .type = MSG_EVENT };
	int status = options_parse(&usage, &argc, &argv);
	pid_t pid = 0;
	int fd, r;

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one PID; try: swsgx suspend --help");
		return EXIT_OWN_FAILURE;
	}
	if (parse_pid(argv[0], &pid))
		return EXIT_OWN_FAILURE;
	fd = open_run(pid);
	if (fd < 0)
		return EXIT_OWN_FAILURE;
	msg.event.event = SGX_EVENT_EPC_LOSS;
	msg.event.origin = RT_BY_COMMAND;
	msg.event.encl = RT_ALL;
	r = supervisor_call(fd, &msg);
	close(fd);
	if (r == -EBUSY) {
		complain("another loss of the EPC is under way; try again");
		return EXIT_OWN_FAILURE;
	}
	if (r) {
		complain(r == -EACCES ? "the run of process %d belongs to "
					"another user"
				      : "the run of process %d did not answer",
			 (int)pid);
		return EXIT_OWN_FAILURE;
	}
	printf("EPC lost: %" PRIu64 " enclaves, %" PRIu64 " pages, %" PRIu64
	       " threads\n",
	       msg.event.enclaves, msg.event.pages, msg.event.threads);
	if (msg.event.deaf)
		printf("%" PRIu64 " of the threads did not leave within a "
		       "second (stopped?); they leave when they go on\n",
		       msg.event.deaf);
	return 0;
}
