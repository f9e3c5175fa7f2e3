/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx migrate`: move a run to another platform, as a VM is moved. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/lose.h"
#include "cli/message.h"
#include "cli/options.h"
#include "kernel/platform/injection.h"

static bool all, json;
static const char *cpusvn;

static const struct option_spec specs[] = {
	{ "all", 0, OPTION_FLAG, NULL, "every run of this user", &all },
	{ "cpusvn", 0, OPTION_STRING, "HEX",
	  "to a processor of this CPUSVN, 32 digits", &cpusvn },
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON array", &json },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "migrate",
	.synopsis = "[--cpusvn HEX] [--json] PID | --all",
	.summary = "move the run of process PID to another platform",
	.options = specs,
	.notes = "The EPC is lost, as by swsgx suspend, and the platform has "
		 "other keys from now on:\nwhat was sealed before does not "
		 "open, reports of before do not verify.  What\n"
		 "swsgx run --platform has stored stays as it is.",
};

static int parse_cpusvn(uint8_t svn[16])
{
	char digits[3] = "";

	if (strlen(cpusvn) != 32 ||
	    strspn(cpusvn, "0123456789abcdefABCDEF") != 32) {
		complain("--cpusvn: '%s': expected 32 hexadecimal digits, the "
			 "16 bytes in their order in memory",
			 cpusvn);
		return -1;
	}
	for (int i = 0; i < 16; i++) {
		memcpy(digits, cpusvn + 2 * i, 2);
		svn[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return 0;
}

int cmd_migrate(int argc, char **argv)
{
	struct msg msg = { .event = { .event = SGX_EVENT_MIGRATE } };
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (cpusvn && parse_cpusvn(msg.event.cpusvn))
		return EXIT_OWN_FAILURE;
	msg.event.has_cpusvn = cpusvn != NULL;
	return lose("migrate", &msg, all, json, argc, argv);
}
