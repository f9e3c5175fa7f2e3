/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runtime says, on the program's stderr: whole lines, one write(2)
 * each, prefixed "swsgx: ".  rt_panic() ends the process by SIGABRT's default
 * action: the runtime cannot go on, and has said why.
 */
#include <linux/signal.h>
#include <stdarg.h>
#include <stdbool.h>

#include "process/rt/base/abi.h"
#include "process/rt/base/line.h"
#include "process/rt/base/log.h"
#include "process/rt/base/sys.h"

void line_begin(struct line *l)
{
	l->used = 0;
	line_string(l, "swsgx: ");
}

void line_char(struct line *l, char c)
{
	if (l->used < LINE_SIZE - 1)
		l->text[l->used++] = c;
}

void line_string(struct line *l, const char *s)
{
	while (*s)
		line_char(l, *s++);
}

void line_number(struct line *l, uint64_t v, unsigned int base)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		line_char(l, digits[--n]);
}

void line_hex(struct line *l, uint64_t v)
{
	line_string(l, "0x");
	line_number(l, v, 16);
}

void line_say(struct line *l)
{
	l->text[l->used++] = '\n';
	sys3(__NR_write, 2, l->text, l->used);
}

/* %s %d %u %x, with an optional l or ll, all of them 64 bit wide if so */
static void format_line(struct line *l, const char *f, va_list ap)
{
	for (; *f; f++) {
		bool wide = false;

		if (*f != '%') {
			line_char(l, *f);
			continue;
		}
		while (*++f == 'l')
			wide = true;
		if (*f == 's') {
			line_string(l, va_arg(ap, const char *));
		} else if (*f == 'd') {
			int64_t v = wide ? va_arg(ap, long) : va_arg(ap, int);

			if (v < 0)
				line_char(l, '-');
			line_number(l, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
		} else {
			line_number(l,
				    wide ? va_arg(ap, unsigned long) :
					   va_arg(ap, unsigned int),
				    *f == 'x' ? 16 : 10);
		}
	}
}

static void say(const char *format, va_list ap)
{
	struct line l;

	line_begin(&l);
	format_line(&l, format, ap);
	line_say(&l);
}

void rt_log(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap);
	va_end(ap);
}

void rt_panic(const char *format, ...)
{
	struct ksigaction dfl = { .handler = 0 };
	uint64_t none = 0;
	va_list ap;

	va_start(ap, format);
	say(format, ap);
	va_end(ap);
	sys4(__NR_rt_sigaction, SIGABRT, &dfl, 0, 8);
	sys4(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	sys3(__NR_tgkill, sys_getpid(), sys_gettid(), SIGABRT);
	for (;;)
		sys1(__NR_exit_group, 125);
}
