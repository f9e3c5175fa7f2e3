/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx info`: a signed enclave, decoded. */
#include "cli/commands.h"
#include "cli/info/formats.h"
#include "cli/message.h"
#include "cli/options.h"

static bool json;
static const char *sigstruct_path;

static const struct option_spec specs[] = {
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json },
	{ "sigstruct", 0, OPTION_STRING, "FILE",
	  "the SIGSTRUCT of an SGXS stream; do they agree?", &sigstruct_path },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "info",
	.synopsis = "[--json] [--sigstruct FILE] FILE",
	.summary = "decode a signed enclave",
	.options = specs,
	.notes = "FILE is a signed enclave of Intel's SDK or Open Enclave, an "
		 "SGXS stream, a\nSIGSTRUCT (.sig), or any file with a "
		 "SIGSTRUCT in it.\n\n"
		 "Exit status: 0; 1 if EINIT would refuse it, a signature "
		 "that does not verify\namong others; 125 if FILE cannot be "
		 "read or is none of these.",
};

/* An SGXS stream, and its SIGSTRUCT in another file. */
static int signed_stream(struct report *report, const struct file *file)
{
	struct file sigstruct;
	int error;

	if (!sgxs_begins(file)) {
		complain("--sigstruct: %s is no SGXS stream; without the "
			 "option, info shows what signature it has",
			 file->path);
		return -1;
	}
	if (file_read(&sigstruct, sigstruct_path))
		return -1;
	error = sgxs_report_signed(report, file, &sigstruct);
	file_free(&sigstruct);
	return error;
}

static int print(struct report *report)
{
	if (json)
		report_print_json(report);
	else
		report_print_text(report);
	return report_has_problems(report);
}

int cmd_info(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);
	struct report *report;
	struct file file;

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one FILE; try: swsgx info --help");
		return EXIT_OWN_FAILURE;
	}
	if (file_read(&file, argv[0]))
		return EXIT_OWN_FAILURE;
	report = report_new("file", argv[0]);
	if (sigstruct_path ? signed_stream(report, &file) :
			     format_report(report, &file))
		status = EXIT_OWN_FAILURE;
	else
		status = print(report);
	report_free(report);
	file_free(&file);
	return status;
}
