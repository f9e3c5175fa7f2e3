/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/options.h. */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/size.h"

#define MAX_NAMES 64
#define MAX_WORD  32

/* The command line, and the index of its next word. */
struct parser {
	const struct command_usage *usage;
	int argc;
	char **argv;
	int next;
};

static const struct option_spec help_option = {
	"help", 'h', OPTION_FLAG, NULL, "print this help and exit", NULL
};

/* How many letters must be added, dropped or changed between two words. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[MAX_WORD + 1];
	size_t length = strlen(b);

	if (strlen(a) > MAX_WORD || length > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 1; j <= length; j++) {
			unsigned best = corner + (a[i] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	unsigned best = 3;
	size_t length = strlen(word);

	for (; *names; names++) {
		unsigned d = distance(word, *names);

		/* an abbreviation of three letters or more is near, too */
		if (length >= 3 && !strncmp(word, *names, length))
			d = 1;
		/* if all letters differ it is another word */
		if (d < best && d < length) {
			best = d;
			nearest = *names;
		}
	}
	return nearest;
}

static const struct option_spec *find_name(const struct command_usage *usage,
					   const char *name, size_t length)
{
	const struct option_spec *option;

	if (length == 4 && !strncmp(name, "help", 4))
		return &help_option;
	for (option = usage->options; option->name; option++)
		if (!strncmp(option->name, name, length) &&
		    !option->name[length])
			return option;
	return NULL;
}

static const struct option_spec *find_letter(const struct command_usage *usage,
					     char letter)
{
	const struct option_spec *option;

	if (letter == 'h')
		return &help_option;
	for (option = usage->options; option->name; option++)
		if (option->letter == letter)
			return option;
	return NULL;
}

static int unknown_option(const struct command_usage *usage, const char *word)
{
	const char *names[MAX_NAMES + 1] = { "help" };
	const struct option_spec *option = usage->options;
	const char *near;
	char name[MAX_WORD + 1];
	size_t length = strcspn(word, "=");
	size_t n = 1;

	for (; option->name && n < MAX_NAMES; option++)
		names[n++] = option->name;
	snprintf(name, sizeof(name), "%.*s", (int)(length - 2), word + 2);
	near = word[1] == '-' ? nearest_name(name, names) : NULL;
	if (near)
		complain("unknown option %.*s; did you mean --%s?", (int)length,
			 word, near);
	else
		complain("unknown option %.*s; 'swsgx %s --help' lists those "
			 "there are",
			 (int)length, word, usage->command);
	return EXIT_OWN_FAILURE;
}

static int set_number(const struct option_spec *option, const char *text)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno) {
		complain("--%s: '%s': expected a decimal number", option->name,
			 text);
		return EXIT_OWN_FAILURE;
	}
	*(struct option_number *)option->value = (struct option_number){ number,
									 true };
	return -1;
}

static int set_size(const struct option_spec *option, const char *text)
{
	const char *wrong = size_parse(text, option->value);

	if (!wrong)
		return -1;
	complain("--%s: '%s': %s", option->name, text, wrong);
	return EXIT_OWN_FAILURE;
}

static int add_string(const struct option_spec *option, const char *text)
{
	struct option_strings *all = option->value;

	if (all->count == OPTION_STRINGS_MAX) {
		complain("--%s: more than %d of them", option->name,
			 OPTION_STRINGS_MAX);
		return EXIT_OWN_FAILURE;
	}
	all->text[all->count++] = text;
	return -1;
}

static int set_value(const struct option_spec *option, const char *text)
{
	switch (option->kind) {
	case OPTION_SIZE:
		return set_size(option, text);
	case OPTION_NUMBER:
		return set_number(option, text);
	case OPTION_STRING:
		*(const char **)option->value = text;
		return -1;
	case OPTION_STRINGS:
		return add_string(option, text);
	case OPTION_MAYBE:
		*(struct option_maybe *)option->value =
			(struct option_maybe){ text, true };
		return -1;
	case OPTION_FLAG:
		*(bool *)option->value = true;
		return -1;
	}
	return -1;
}

static int set_maybe(const struct option_spec *option, const char *text)
{
	if (!text || *text)
		return set_value(option, text);
	complain("--%s= has no value; give --%s=%s, or --%s alone",
		 option->name, option->name, option->argument, option->name);
	return EXIT_OWN_FAILURE;
}

/* `text`: the value in the same word, or NULL. */
static int take_option(struct parser *p, const struct option_spec *option,
		       const char *text)
{
	if (option->kind == OPTION_FLAG && text) {
		complain("--%s takes no value; drop '%s'", option->name, text);
		return EXIT_OWN_FAILURE;
	}
	if (option == &help_option) {
		options_help(p->usage);
		return 0;
	}
	if (option->kind == OPTION_FLAG)
		return set_value(option, NULL);
	if (option->kind == OPTION_MAYBE)
		return set_maybe(option, text);
	if (!text && p->next < p->argc)
		text = p->argv[p->next++];
	if (!text) {
		complain("--%s needs a value: --%s=%s", option->name,
			 option->name, option->argument);
		return EXIT_OWN_FAILURE;
	}
	return set_value(option, text);
}

static int take_long(struct parser *p, const char *word)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	const struct option_spec *option;

	option = find_name(p->usage, name, length);
	if (!option)
		return unknown_option(p->usage, word);
	return take_option(p, option, name[length] ? name + length + 1 : NULL);
}

static int take_short(struct parser *p, const char *word)
{
	const struct option_spec *option = find_letter(p->usage, word[1]);

	if (!option)
		return unknown_option(p->usage, word);
	return take_option(p, option, word[2] ? word + 2 : NULL);
}

int options_parse(const struct command_usage *usage, int *argc, char ***argv)
{
	struct parser p = { usage, *argc, *argv, 1 };
	int operands = 0;
	int status;

	while (p.next < p.argc) {
		char *word = p.argv[p.next];

		if (word[0] != '-' || !word[1]) {
			if (usage->first_operand_ends)
				break;
			p.next++;
			p.argv[operands++] = word;
			continue;
		}
		p.next++;
		if (!strcmp(word, "--"))
			break;
		status = word[1] == '-' ? take_long(&p, word) :
					  take_short(&p, word);
		if (status >= 0)
			return status;
	}
	while (p.next < p.argc)
		p.argv[operands++] = p.argv[p.next++];
	p.argv[operands] = NULL;
	*argc = operands;
	return -1;
}

static void help_line(const struct option_spec *option)
{
	char left[64];
	char letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, option->name,
		 option->kind == OPTION_MAYBE ? "[=" :
		 option->argument             ? "=" :
						"",
		 option->argument ? option->argument : "",
		 option->kind == OPTION_MAYBE ? "]" : "");
	printf("  %-22s %s\n", left, option->help);
}

void options_help(const struct command_usage *usage)
{
	const struct option_spec *option;

	printf("Usage: swsgx %s %s\n", usage->command, usage->synopsis);
	printf("%c%s.\n\nOptions:\n", toupper((unsigned char)*usage->summary),
	       usage->summary + 1);
	for (option = usage->options; option->name; option++)
		help_line(option);
	help_line(&help_option);
	if (usage->notes)
		printf("\n%s\n", usage->notes);
	printf("\nFor development and testing only: no confidentiality.  "
	       "See swsgx-%s(1).\n",
	       usage->command);
}
