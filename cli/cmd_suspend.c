/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx suspend`: lose the EPC of a run, as a machine does when it sleeps. */
#include "cli/commands.h"
#include "cli/lose.h"
#include "cli/options.h"
#include "kernel/platform/injection.h"

static bool all, json;

static const struct option_spec specs[] = {
	{ "all", 0, OPTION_FLAG, NULL, "of every run of this user", &all },
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON array", &json },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "suspend",
	.synopsis = "[--json] PID | --all",
	.summary = "lose the EPC of the run that process PID belongs to",
	.options = specs,
	.notes = "PID is that of swsgx run or of any process in the run.  "
		 "Every EPCM entry becomes\ninvalid, as over S3, hibernation "
		 "or the migration of a VM; programs must rebuild\ntheir "
		 "enclaves.  The EPC is the platform's: all processes of the "
		 "run are hit.",
};

int cmd_suspend(int argc, char **argv)
{
	const struct msg msg = { .event = { .event = SGX_EVENT_EPC_LOSS } };
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	return lose("suspend", &msg, all, json, argc, argv);
}
