/* SPDX-License-Identifier: BSD-3-Clause */
/* See trace.h. */
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/sim.h"

#define DEPTH	14

extern const char __executable_start[];

/* Return addresses by the chain of frame pointers, the innermost first. */
static unsigned int walk(const struct task *k, unsigned long *pc)
{
	const uint64_t *frame = __builtin_frame_address(0);
	unsigned int n = 0;

	while (n < DEPTH && (const uint8_t *)frame > (const uint8_t *)k->t &&
	       (const uint8_t *)(frame + 2) <= k->stack_end && frame[1]) {
		pc[n++] = frame[1] -
			  (unsigned long)(uintptr_t)__executable_start - 1;
		frame = (const uint64_t *)frame[0];
	}
	return n;
}

/* What is ours, or everywhere. */
static bool is_dull(const char *function, const char *file)
{
	return strstr(file, "tests/sim/") || !strncmp(function, "??", 2) ||
	       !strncmp(function, "sgx_lock", 8);
}

/* The functions that the task is in: "inner file:line < outer ...". */
static void where(const struct task *k)
{
	char command[900], function[200], file[400], *name;
	unsigned long pc[DEPTH];
	unsigned int n = walk(k, pc), shown = 0, len;
	FILE *f;

	len = (unsigned int)readlink("/proc/self/exe", function, 199);
	function[len] = 0;
	len = (unsigned int)snprintf(command, sizeof(command),
				     "addr2line -i -f -e '%s'", function);
	for (unsigned int i = 0; i < n; i++)
		len += (unsigned int)snprintf(command + len,
					      sizeof(command) - len, " 0x%lx",
					      pc[i]);
	f = popen(command, "r");
	while (f && fgets(function, sizeof(function), f) &&
	       fgets(file, sizeof(file), f)) {
		function[strcspn(function, "\n")] = 0;
		file[strcspn(file, " \n")] = 0;
		if (is_dull(function, file) || shown == 5)
			continue;
		name = strrchr(file, '/');
		printf("%s%s %s", shown++ ? " < " : " ", function,
		       name ? name + 1 : file);
	}
	if (f)
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

/* Called by the task that gives way, whose stack is the one in use. */
void trace_leave(const struct task *k)
{
	if (!sim_tracing || !k)
		return;
	head(k);
	printf("%s at", k->state == TASK_READY ? "leaves off" : "waits");
	where(k);
	putchar('\n');
	fflush(stdout);
}

void trace_enter(const struct task *k)
{
	if (!sim_tracing)
		return;
	head(k);
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
