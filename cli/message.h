/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What swsgx itself says on standard error: one line that begins with
 * "swsgx: ", names the cause, and the cure where there is one.  A message is
 * given once, where the cause is known; callers only pass the failure on.
 */
#ifndef SWSGX_CLI_MESSAGE_H
#define SWSGX_CLI_MESSAGE_H

/*
 * The command that messages are about: "swsgx: run: ...".  NULL (as at the
 * start): none.  main.c sets it.
 */
void message_set_command(const char *command);

/* One line on standard error.  The text has no newline at its end. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* complain(), then exit with EXIT_OWN_FAILURE. */
void die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
