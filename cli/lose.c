/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/lose.h. */
#include "cli/lose.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/runs.h"
#include "kernel/platform/injection.h"

static bool several;
static json_object *runs; /* NULL: print text */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void print_line(pid_t pid, const struct msg *m)
{
	if (several)
		printf("run %d: ", (int)pid);
	printf("EPC lost%s: %" PRIu64 " enclave%s, %" PRIu64 " page%s, %" PRIu64
	       " thread%s",
	       m->event.event == SGX_EVENT_MIGRATE ? ", another platform" : "",
	       m->event.enclaves, plural(m->event.enclaves), m->event.pages,
	       plural(m->event.pages), m->event.threads,
	       plural(m->event.threads));
	putchar('\n');
}

static void add(json_object *object, const char *name, uint64_t value)
{
	json_object_object_add(object, name, json_object_new_uint64(value));
}

static void add_object(pid_t pid, const struct msg *m)
{
	json_object *object = json_object_new_object();

	add(object, "pid", (uint64_t)pid);
	add(object, "enclaves", m->event.enclaves);
	add(object, "pages", m->event.pages);
	add(object, "threads", m->event.threads);
	json_object_array_add(runs, object);
}

static void answered(pid_t pid, const struct msg *answer)
{
	if (runs)
		add_object(pid, answer);
	else
		print_line(pid, answer);
}

int lose(const char *command, const struct msg *msg, bool all, bool json,
	 int argc, char **argv)
{
	struct run_request request = { .msg = *msg, .answered = answered };
	int r;

	if (all ? argc != 0 : argc != 1) {
		complain(all ? "--all takes no PID" :
			       "expected one PID; try: swsgx %s --help",
			 command);
		return EXIT_OWN_FAILURE;
	}
	request.msg.type = MSG_EVENT;
	request.msg.event.origin = RT_BY_COMMAND;
	request.msg.event.encl = RT_ALL;
	several = all;
	runs = json ? json_object_new_array() : NULL;
	r = all ? runs_ask_all(&request) : runs_ask_pid(argv[0], &request);
	if (runs) {
		if (!r)
			puts(json_object_to_json_string_ext(
				runs, JSON_C_TO_STRING_PRETTY));
		json_object_put(runs);
	}
	return r ? EXIT_OWN_FAILURE : 0;
}
