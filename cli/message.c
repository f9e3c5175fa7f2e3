/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/message.h. */
#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"

static const char *message_command;

void message_set_command(const char *command)
{
	message_command = command;
}

static void __attribute__((format(printf, 1, 0)))
put_line(const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	fflush(stdout);
	if (message_command)
		fprintf(stderr, "swsgx: %s: %s\n", message_command, text);
	else
		fprintf(stderr, "swsgx: %s\n", text);
	fflush(stderr);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(format, args);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(format, args);
	va_end(args);
	exit(EXIT_OWN_FAILURE);
}
