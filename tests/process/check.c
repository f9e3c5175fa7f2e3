/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict of a victim program.  Lines are built on the stack and written
 * with one write(2), so a check may stand in a signal handler.
 */
#include "tests/process/check.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The linker's names for the ends of the section. */
extern struct check_row __start_check_rows[] __attribute__((weak));
extern struct check_row __stop_check_rows[] __attribute__((weak));

static atomic_uint checks, failures;
static const char *_Atomic section = "start";
static unsigned time_limit;

static void say(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void put(const char *format, va_list args)
{
	char line[512];
	int n = vsnprintf(line, sizeof(line), format, args);

	if (n > (int)sizeof(line) - 1)
		n = sizeof(line) - 1;
	if (n > 0 && write(STDOUT_FILENO, line, n) < 0)
		_exit(1);
}

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}

/* Counts the check.  A check must not disturb errno: callers test it next. */
static void count(bool held)
{
	atomic_fetch_add(&checks, 1);
	if (!held)
		atomic_fetch_add(&failures, 1);
}

bool check_that(bool held, const char *what, const char *file, int line)
{
	int saved = errno;

	count(held);
	if (!held)
		say("%s:%d: [%s] does not hold: %s\n", file, line, section,
		    what);
	errno = saved;
	return held;
}

bool check_equal(uint64_t got, uint64_t want, const char *got_text,
		 const char *want_text, const char *file, int line)
{
	int saved = errno;

	count(got == want);
	if (got != want)
		say("%s:%d: [%s] %s is 0x%llx, not 0x%llx (%s)\n", file, line,
		    section, got_text, (unsigned long long)got,
		    (unsigned long long)want, want_text);
	errno = saved;
	return got == want;
}

bool check_fails(int64_t value, int error, const char *what, const char *file,
		 int line)
{
	int saved = errno;
	bool held = value == -1 && saved == error;

	count(held);
	if (held)
		return true;
	if (value == -1)
		say("%s:%d: [%s] %s: errno %d, not %d\n", file, line, section,
		    what, saved, error);
	else
		say("%s:%d: [%s] %s: returned %lld, not errno %d\n", file, line,
		    section, what, (long long)value, error);
	return false;
}

void check_section(const char *name)
{
	section = name;
}

void check_skip_section(const char *why)
{
	say("skipped: %s: %s\n", section, why);
}

unsigned check_failures(void)
{
	return atomic_load(&failures);
}

void check_timeout(unsigned seconds)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value.tv_sec = seconds };
	timer_t timer;

	time_limit = seconds;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &when, NULL))
		check_fatal("timer: %s", strerror(errno));
}

/* A child of fork() has none of its parent's timers. */
void check_restart(void)
{
	atomic_store(&checks, 0);
	atomic_store(&failures, 0);
	if (time_limit)
		check_timeout(time_limit);
}

int check_result(void)
{
	unsigned n = failures;

	if (n)
		say("FAILED: %u of %u checks\n", n, (unsigned)checks);
	else
		say("ok: %u checks\n", (unsigned)checks);
	return n ? 1 : 0;
}

void check_fatal(const char *format, ...)
{
	va_list args;

	say("cannot go on: [%s] ", section);
	va_start(args, format);
	put(format, args);
	va_end(args);
	say("\n");
	_exit(1);
}

void check_skip(const char *why)
{
	say("skipped: %s\n", why);
	_exit(CHECK_SKIPPED);
}

int check_in_child(void (*body)(void), unsigned seconds)
{
	pid_t pid = fork();

	if (pid < 0)
		check_fatal("fork: %s", strerror(errno));
	if (pid)
		return check_wait(pid);
	check_restart();
	check_timeout(seconds);
	body();
	_exit(failures ? 1 : 0);
}

int check_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return -1;
	return status;
}

bool check_exited_well(int status)
{
	return status != -1 && WIFEXITED(status) && !WEXITSTATUS(status);
}

void check_all_rows(void)
{
	const struct check_row *row;

	for (row = __start_check_rows; row < __stop_check_rows; row++)
		check_that(row->reached, row->check, row->file, 0);
}

extern __typeof__(check_table) check_table __attribute__((weak));

void check_print_row(const struct check_row *row)
{
	printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row->subject, row->source,
	       row->check, row->gives, row->deviation ? row->deviation : "",
	       row->file, row->test);
}

static const struct check_row *next_row(int line)
{
	const struct check_row *row, *next = NULL;

	for (row = __start_check_rows; row < __stop_check_rows; row++)
		if (row->line > line && (!next || row->line < next->line))
			next = row;
	return next;
}

/*
 * glibc gives main()'s arguments to constructors, too.  The compiler puts the
 * rows into the section in an order of its own.
 */
__attribute__((constructor))
static void print_rows(int argc, char **argv)
{
	const struct check_row *row;

	if (argc != 2 || strcmp(argv[1], "--rows"))
		return;
	if (check_table)
		check_table();
	for (row = next_row(0); row; row = next_row(row->line))
		check_print_row(row);
	exit(0);
}
