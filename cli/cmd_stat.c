/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx stat`: what a run has done so far. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/runs.h"

static bool json;

static const struct option_spec specs[] = {
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json }, { 0 }
};

static const struct command_usage usage = {
	.command = "stat",
	.synopsis = "[--json] PID",
	.summary = "show the counters of the run that process PID belongs to",
	.options = specs,
	.notes = "Counted over all processes of the run, since it started.",
};

/* clang-format off */
#define COUNTER(field, text) \
	{ #field, text, offsetof(struct rt_counters, field) }
/* clang-format on */

static const struct {
	const char *name, *text;
	size_t offset;
} counters[] = {
	COUNTER(eenter, "EENTER executed"),
	COUNTER(eexit, "EEXIT executed"),
	COUNTER(eresume, "ERESUME executed"),
	COUNTER(aex, "asynchronous exits"),
	COUNTER(fault, "faults that programs were told of"),
	COUNTER(ioctl, "ioctls on enclaves"),
	COUNTER(ewb, "pages written out"),
	COUNTER(eldu, "pages loaded again"),
	COUNTER(eaug, "pages added by faults"),
	COUNTER(epc_losses, "losses of the EPC"),
	COUNTER(migrations, "migrations"),
	COUNTER(interrupts, "interrupts injected"),
	COUNTER(evictions, "evictions injected"),
	COUNTER(epc_pages, "pages of the EPC"),
	COUNTER(epc_free, "of these free"),
	COUNTER(enclaves, "enclaves at present"),
	COUNTER(threads, "threads inside at present"),
};

#define NR_COUNTERS (sizeof(counters) / sizeof(counters[0]))

static uint64_t value(const struct msg *m, size_t i)
{
	return *(const uint64_t *)((const char *)&m->stat + counters[i].offset);
}

static void print_json(const struct msg *m)
{
	json_object *object = json_object_new_object();

	for (size_t i = 0; i < NR_COUNTERS; i++)
		json_object_object_add(object, counters[i].name,
				       json_object_new_uint64(value(m, i)));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	json_object_put(object);
}

static void answered(pid_t pid, const struct msg *answer)
{
	(void)pid;
	if (json) {
		print_json(answer);
		return;
	}
	for (size_t i = 0; i < NR_COUNTERS; i++)
		printf("%12" PRIu64 "  %s\n", value(answer, i),
		       counters[i].text);
}

int cmd_stat(int argc, char **argv)
{
	const struct run_request request = { .msg = { .type = MSG_STAT },
					     .answered = answered };
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one PID; try: swsgx stat --help");
		return EXIT_OWN_FAILURE;
	}
	return runs_ask_pid(argv[0], &request) ? EXIT_OWN_FAILURE : 0;
}
