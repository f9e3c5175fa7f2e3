/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of swsgx itself on standard error.  A message is one line that
 * begins with "swsgx: " and names the cause, and the cure where there is one.
 * It is printed once, where the cause is known; callers only pass on that
 * something failed.
 */
#ifndef SWSGX_CLI_MESSAGE_H
#define SWSGX_CLI_MESSAGE_H

/*
 * Set the command that messages name: "swsgx: run: ...".  NULL, as at the
 * start: none.  main.c calls this.
 */
void message_set_command(const char *command);

/* One line on standard error.  The text has no newline at its end. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* complain(), then exit with EXIT_OWN_FAILURE. */
void die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
