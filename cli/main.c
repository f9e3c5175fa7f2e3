/* SPDX-License-Identifier: BSD-3-Clause */
/* The swsgx command: finds the command that was asked for and calls it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"

#ifndef SWSGX_VERSION
#error "SWSGX_VERSION comes from meson.build"
#endif

static const struct command {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cmd_run, "run a program with SGX" },
	{ "check", cmd_check, "say what this host offers to swsgx" },
	{ "info", cmd_info, "decode a signed enclave" },
	{ "explain", cmd_explain, "say what a code, errno or vector means" },
	{ "quote", cmd_quote, "decode and verify a quote" },
	{ "collateral", cmd_collateral, "give what verifies quotes" },
	{ "suspend", cmd_suspend, "lose the EPC of a run, as a suspend does" },
	{ "migrate", cmd_migrate, "move a run to another platform" },
	{ "trace", cmd_trace, "show what a run does, a line an event" },
	{ "stat", cmd_stat, "show the counters of a run" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
	puts("Usage: swsgx COMMAND [OPTION]... [OPERAND]...\n"
	     "Intel SGX in software: runs unmodified SGX programs on any "
	     "x86-64 Linux.\n\n"
	     "Commands:");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	puts("\n"
	     "  swsgx help COMMAND, swsgx COMMAND --help    about one command\n"
	     "  swsgx --version                             version\n\n"
	     "Try: swsgx check; swsgx run -- ./app\n\n"
	     "For development and testing only.  swsgx provides no "
	     "confidentiality: whoever\n"
	     "can read the program's memory reads its enclaves.  "
	     "See swsgx(1).");
	return 0;
}

static int version(void)
{
	puts("swsgx " SWSGX_VERSION "\n"
	     "For development and testing only: provides no "
	     "confidentiality.\n"
	     "Licence: BSD-3-Clause.");
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown_option(const char *name)
{
	static const char *const names[] = { "--help", "--version", NULL };
	const char *near = nearest_name(name, names);

	complain("unknown option %s; did you mean %s?", name,
		 near ? near : "--help");
	return EXIT_OWN_FAILURE;
}

static int unknown_command(const char *name)
{
	const char *names[NR_COMMANDS + 2] = { "help" };
	const char *near;

	for (size_t i = 0; i < NR_COMMANDS; i++)
		names[i + 1] = commands[i].name;
	near = nearest_name(name, names);
	if (near)
		complain("unknown command '%s'; did you mean 'swsgx %s'?", name,
			 near);
	else if (strchr(name, '/'))
		complain("unknown command '%s'; to run that program say "
			 "'swsgx run -- %s'",
			 name, name);
	else
		complain("unknown command '%s'; 'swsgx --help' lists those "
			 "there are",
			 name);
	return EXIT_OWN_FAILURE;
}

static int call(const struct command *command, int argc, char **argv)
{
	message_set_command(command->name);
	return command->function(argc, argv);
}

/* `swsgx help [COMMAND]`: the same text as `swsgx COMMAND --help`. */
static int help_command(int argc, char **argv)
{
	static char option[] = "--help";
	const struct command *command;

	if (argc < 2)
		return help();
	if (argc > 2) {
		complain("help: one command at a time; drop '%s'", argv[2]);
		return EXIT_OWN_FAILURE;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return call(command, 2, (char *[]){ argv[1], option, NULL });
}

/*
 * If a standard stream is closed, a file of swsgx's own could get its number,
 * and messages would be written into that file.  So the number is given to a
 * descriptor that can be neither read nor written, and that exec closes.
 */
static void hold_closed_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/", O_PATH | O_CLOEXEC);
}

/* Output that did not reach its reader (a full disk) is a failure. */
static int flushed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("cannot write to standard output");
	return EXIT_OWN_FAILURE;
}

int main(int argc, char **argv)
{
	const struct command *command;

	hold_closed_streams();
	if (argc < 2) {
		complain("no command; try 'swsgx run -- PROGRAM' or "
			 "'swsgx --help'");
		return EXIT_OWN_FAILURE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return flushed(help());
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return flushed(version());
	if (!strcmp(argv[1], "help"))
		return flushed(help_command(argc - 1, argv + 1));
	if (*argv[1] == '-')
		return unknown_option(argv[1]);
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return flushed(call(command, argc - 1, argv + 1));
}
