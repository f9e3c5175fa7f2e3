/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of swsgx, one function each, called from the table in main.c.
 *
 * argv[0] is the command's name, the rest is what follows it.  The value is
 * the exit status of swsgx.  A command parses its options with options_parse()
 * (cli/options.h), which answers --help and complains about what it does not
 * know, so that all commands do both alike.
 */
#ifndef SWSGX_CLI_COMMANDS_H
#define SWSGX_CLI_COMMANDS_H

/* Exit statuses that are swsgx's own; those of env(1). */
#define EXIT_OWN_FAILURE    125 /* swsgx itself failed */
#define EXIT_CANNOT_EXECUTE 126 /* found, but not to be executed */
#define EXIT_NOT_FOUND      127 /* no such program */

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_quote(int argc, char **argv);
int cmd_collateral(int argc, char **argv);
int cmd_explain(int argc, char **argv);

#endif
