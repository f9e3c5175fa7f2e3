/* SPDX-License-Identifier: BSD-3-Clause */
/* See trace.h. */
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/sim.h"

extern const char __executable_start[];

/* "function file:line" of an address of this program. */
static void where(const void *pc, char *text, size_t size)
{
	char command[400], self[200] = "";
	FILE *f;

	snprintf(text, size, "?");
	if (!pc || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	snprintf(command, sizeof(command), "addr2line -i -f -e '%s' 0x%lx",
		 self,
		 (unsigned long)((const char *)pc - __executable_start - 1));
	f = popen(command, "r");
	if (!f)
		return;
	if (fgets(self, sizeof(self), f)) {
		self[strcspn(self, "\n")] = ' ';
		snprintf(text, size, "%.99s", self);
	}
	if (fgets(command, sizeof(command), f)) {
		char *name = strrchr(command, '/');

		command[strcspn(command, "\n")] = 0;
		snprintf(text + strlen(text), size - strlen(text), "%s",
			 name ? name + 1 : command);
	}
	pclose(f);
}

static void head(const struct task *k)
{
	if (!k)
		printf("        ");
	else if (k == &tasks[SERVER])
		printf("%6lu server  ", (unsigned long)k->at);
	else
		printf("%6lu p%u.%u    ", (unsigned long)k->at, k->proc, k->n);
}

void trace_switch(const struct task *from, const struct task *to)
{
	char text[512];

	if (!sim_tracing)
		return;
	if (from) {
		where(from->pc, text, sizeof(text));
		head(from);
		printf("%s at %s\n", from->state == TASK_READY ?
					     "leaves off" : "waits", text);
	}
	head(to);
	printf("goes on\n");
}

void sim_trace(const char *format, ...)
{
	va_list ap;

	if (!sim_tracing)
		return;
	head(sim_cur);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}
