/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx explain`: what a code, status, errno or vector means. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/explain/explain.h"
#include "cli/message.h"
#include "cli/options.h"

static bool json;
static const char *kind;

static const struct option_spec specs[] = {
	{ "as", 0, OPTION_STRING, "KIND",
	  "only as vdso-function, page-fault, exitinfo, sgx-code, "
	  "intel-sdk, errno or exception",
	  &kind },
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "explain",
	.synopsis = "[--as KIND] [--json] [FIELD=]VALUE...",
	.summary = "say what codes, statuses, errnos and vectors mean",
	.options = specs,
	.notes = "VALUE is a number (0x8007) or a name (EIO, #PF, "
		 "SGX_NOT_TRACKED,\nSGX_ERROR_ENCLAVE_CRASHED).  A number "
		 "that is several things is explained as\neach, unless KIND "
		 "or FIELD says which: function=3 vector=14 error=0x8007 are\n"
		 "what the vDSO reports; exitinfo, result, status and errno "
		 "are the others.\n\n"
		 "Exit status: 0; 1 if a VALUE is nothing that swsgx knows.",
};

static const struct kind {
	const char *name, *field;
	reader *read;
} kinds[] = {
	{ "vdso-function", "function", explain_function },
	{ "page-fault", "error", explain_page_fault },
	{ "exitinfo", "exitinfo", explain_exitinfo },
	{ "sgx-code", "result", explain_code },
	{ "intel-sdk", "status", explain_sdk },
	{ "errno", "errno", explain_errno },
	{ "exception", "vector", explain_exception },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int check_kind(void)
{
	const char *names[NR_KINDS + 1] = { NULL };
	const char *near;

	for (size_t i = 0; i < NR_KINDS; i++) {
		names[i] = kinds[i].name;
		if (!kind || !strcmp(kind, kinds[i].name))
			return 0;
	}
	near = nearest_name(kind, names);
	complain("--as: no kind '%s'; %s%s", kind,
		 near ? "did you mean " : "swsgx explain --help lists them",
		 near ? near : "");
	return -1;
}

static struct question parse(const char *text)
{
	struct question q = { .text = text };
	char *end;

	errno = 0;
	q.number = strtoull(text, &end, 0);
	q.is_number = isdigit((unsigned char)*text) && !*end && !errno;
	return q;
}

/* `text` without its field; *only is the kind that this asks for, or NULL. */
static const char *drop_field(const char *text, const struct kind **only)
{
	const char *equals = strchr(text, '=');

	*only = NULL;
	for (size_t i = 0; equals && i < NR_KINDS; i++)
		if (!strncmp(text, kinds[i].field, (size_t)(equals - text)) &&
		    !kinds[i].field[equals - text])
			*only = &kinds[i];
	return *only ? equals + 1 : text;
}

static bool is_asked(const struct kind *k, const struct kind *only)
{
	if (only)
		return k == only;
	/* 2, 3 and 4 alone are seldom that. */
	if (!kind)
		return k->read != explain_function;
	return !strcmp(kind, k->name);
}

static int explain(struct report *report, const char *operand)
{
	const struct kind *only;
	const char *text = drop_field(operand, &only);
	const struct question q = parse(text);
	unsigned n = 0;

	for (size_t i = 0; i < NR_KINDS; i++)
		if (is_asked(&kinds[i], only))
			n += kinds[i].read(report, &q);
	if (n)
		return 0;
	complain("'%s' is nothing that swsgx knows%s%s; names are as in EIO, "
		 "#PF, SGX_NOT_TRACKED, fields as in vector=14",
		 operand, kind ? " as " : "", kind ? kind : "");
	return 1;
}

static int explain_all(int argc, char **argv)
{
	struct report *report = report_new(NULL, NULL);
	int status = 0;

	for (int i = 0; i < argc; i++)
		status |= explain(report, argv[i]);
	if (json)
		report_print_json(report);
	else
		report_print_text(report);
	report_free(report);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc < 1) {
		complain("expected a VALUE; try: swsgx explain --help");
		return EXIT_OWN_FAILURE;
	}
	return check_kind() ? EXIT_OWN_FAILURE : explain_all(argc, argv);
}
