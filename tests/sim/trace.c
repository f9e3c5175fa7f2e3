/* SPDX-License-Identifier: BSD-3-Clause */
/* See trace.h. */
#include "tests/sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/sched.h"

#define DEPTH 14

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

/* What addr2line says of an address: lines of function, file, and so on. */
struct place {
	unsigned long pc;
	char text[1000];
};

static void ask(struct place *p)
{
	char self[200], command[300];
	size_t n = (size_t)readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *f;

	self[n] = 0;
	snprintf(command, sizeof(command), "addr2line -i -f -e '%s' 0x%lx",
		 self, p->pc);
	f = popen(command, "r");
	n = f ? fread(p->text, 1, sizeof(p->text) - 1, f) : 0;
	p->text[n] = 0;
	if (f)
		pclose(f);
}

/* Few addresses come again and again, and asking takes long. */
static const char *lines_of(unsigned long pc)
{
	static struct place known[4096];
	struct place *p = &known[pc * 0x9e3779b97f4a7c15ul >> 52];

	if (p->pc != pc) {
		p->pc = pc;
		ask(p);
	}
	return p->text;
}

static const char *copy_line(char *to, size_t n, const char *from)
{
	size_t len = strcspn(from, "\n");

	snprintf(to, n, "%.*s", (int)len, from);
	return from + len + !!from[len];
}

static unsigned int show(const char *lines, unsigned int shown)
{
	char function[200], file[400];
	const char *name;

	while (*lines) {
		lines = copy_line(function, sizeof(function), lines);
		lines = copy_line(file, sizeof(file), lines);
		file[strcspn(file, " ")] = 0;
		if (is_dull(function, file) || shown == 5)
			continue;
		name = strrchr(file, '/');
		printf("%s%s %s", shown++ ? " < " : " ", function,
		       name ? name + 1 : file);
	}
	return shown;
}

/* The functions that the task is in: "inner file:line < outer ...". */
static void where(const struct task *k)
{
	unsigned long pc[DEPTH];
	unsigned int n = walk(k, pc), shown = 0;

	for (unsigned int i = 0; i < n; i++)
		shown = show(lines_of(pc[i]), shown);
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
	plan_settle();
	head(sim_cur);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}
