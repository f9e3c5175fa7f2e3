/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser of command lines, driven by a table.
 *
 * It understands `--name`, `--name=VALUE`, `--name VALUE`, one-letter options
 * (`-e VALUE`, `-eVALUE`, no bundles), and `--`, which ends the options.
 * Every command has `--help` and `-h`, which need no entry.
 *
 *	static const char *dir;
 *	static uint64_t epc;
 *	static const struct option_spec specs[] = {
 *		{ "platform", 'p', OPTION_STRING, "DIR",
 *		  "use the platform that DIR holds", &dir },
 *		{ "epc", 0, OPTION_SIZE, "SIZE", "size of the EPC", &epc },
 *		{ 0 }
 *	};
 *	static const struct command_usage usage = {
 *		.command = "run",
 *		.synopsis = "[OPTION]... [--] PROGRAM [ARGUMENT]...",
 *		.summary = "run a program with SGX",
 *		.options = specs,
 *		.first_operand_ends = true,
 *	};
 *	int status = options_parse(&usage, &argc, &argv);
 *
 *	if (status >= 0)
 *		return status;
 *
 * After that argv[0] .. argv[argc - 1] are the operands, argv[argc] is NULL.
 */
#ifndef SWSGX_CLI_OPTIONS_H
#define SWSGX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What the value of an option is, and what `value` points to. */
enum option_kind {
	OPTION_FLAG,    /* takes none;		bool, set to true */
	OPTION_STRING,  /* any text;		const char * */
	OPTION_STRINGS, /* any text, repeatable; struct option_strings */
	OPTION_SIZE,    /* see cli/size.h;	uint64_t, in bytes */
	OPTION_NUMBER,  /* decimal number;	struct option_number */
	/* any text or none; struct option_maybe.  Only `--name=VALUE`. */
	OPTION_MAYBE,
};

struct option_number {
	uint64_t number;
	bool given;
};

/* `--name` alone: given, and text is NULL. */
struct option_maybe {
	const char *text;
	bool given;
};

#define OPTION_STRINGS_MAX 64

struct option_strings {
	const char *text[OPTION_STRINGS_MAX];
	unsigned count;
};

struct option_spec {
	const char *name; /* without the dashes */
	char letter;      /* one-letter form, or 0 */
	enum option_kind kind;
	const char *argument; /* what help calls the value; NULL for flags */
	const char *help;     /* what help says, no full stop */
	void *value;          /* untouched unless the option is given */
};

struct command_usage {
	const char *command;
	const char *synopsis; /* what follows the command's name */
	const char *summary;
	const struct option_spec *options; /* ends with a NULL name */
	const char *notes; /* a paragraph at the end of the help */
	/*
	 * The first operand ends the options: what follows belongs to the
	 * program named by it.  Else options and operands may be mixed.
	 */
	bool first_operand_ends;
};

/*
 * Parse what follows argv[0].  Returns -1 to go on, with *argc and *argv cut
 * down to the operands; or the status to exit with: 0 when help was asked for
 * and printed, EXIT_OWN_FAILURE when something was wrong and said.  When an
 * option is given twice the last one counts, but for OPTION_STRINGS.
 */
int options_parse(const struct command_usage *usage, int *argc, char ***argv)
	__attribute__((warn_unused_result));

/* The text of `swsgx help COMMAND`, on standard output. */
void options_help(const struct command_usage *usage);

/*
 * The one of `names` (ends with NULL) that `word` may have been meant to be,
 * or NULL when none is near.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif
