/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a victim program says what it found.  A victim is an ordinary program:
 * it checks itself, prints each check that failed, and exits with 0 (all
 * held), 1 (some failed) or 77 (it cannot run here, meson's "skip").
 *
 * Everything here may be called from a signal handler and from any thread.
 */
#ifndef SWSGX_TESTS_PROCESS_CHECK_H
#define SWSGX_TESTS_PROCESS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHECK_SKIPPED 77

/* Both return whether the check held, so that a caller can stop early. */
#define CHECK(cond) check_that((cond), #cond, __FILE__, __LINE__)
#define CHECK_EQ(got, want)                                                \
	check_equal((uint64_t)(got), (uint64_t)(want), #got, #want, __FILE__, \
		    __LINE__)
/* A call that must return -1 with this errno. */
#define CHECK_FAILS(call, error)                                           \
	check_fails((int64_t)(call), error, #call, __FILE__, __LINE__)

bool check_that(bool held, const char *what, const char *file, int line);
bool check_equal(uint64_t got, uint64_t want, const char *got_text,
		 const char *want_text, const char *file, int line);
bool check_fails(int64_t value, int error, const char *what, const char *file,
		 int line);

/* Names what is tested from here on; failures are printed under it. */
void check_section(const char *name);

/*
 * Kill this process, whatever it blocks, after so many seconds.  A child of
 * fork() and a new image after execve() do not inherit it: they call it too.
 */
void check_timeout(unsigned seconds);

/* Say that what is named so is not tested here, and why. */
void check_skip_section(const char *why);

/* How many checks have failed so far. */
unsigned check_failures(void);

/* Forget what was counted so far: for a child that gives its own verdict. */
void check_restart(void);

/*
 * A row of docs/CONFORMANCE.md, which the function that this stands in proves:
 * about a call or a thing, by a function of Linux, a check, and what it gives
 * (as tests/conform/conform.h has them).  `PROGRAM --rows` prints them all;
 * check_all_rows() fails if the program has not come by one.
 */
struct check_row {
	const char *subject, *source, *check, *gives, *deviation, *file, *test;
	int line;
	bool reached;
};
#define CHECK_ROW(subject, source, check, gives) \
	CHECK_DEVIATES(subject, source, check, gives, "")
#define CHECK_DEVIATES(subject, source, check, gives, deviation)            \
	do {                                                                \
		static struct check_row check_row                           \
			__attribute__((section("check_rows"), used)) = {    \
			subject, source, check, gives, deviation, __FILE__, \
			__func__, __LINE__, false };                        \
		check_row.reached = true;                                   \
	} while (0)
void check_all_rows(void);

/*
 * A program that runs a table of its own defines check_table(), which gives
 * check_print_row() a row for each entry, made from what the entry holds.
 * `PROGRAM --rows` calls it, before main().
 */
void check_table(void);
void check_print_row(const struct check_row *row);

/* Print the verdict; the value is the exit status. */
int check_result(void);

/* Print why and exit; for what the test cannot go on without. */
void check_fatal(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void check_skip(const char *why) __attribute__((noreturn));

/*
 * Run body() in a child of fork() under its own timeout; the child exits with
 * its verdict.  Returns the wait status.
 */
int check_in_child(void (*body)(void), unsigned seconds);

/* Wait for a child; returns its status (-1 if there is none). */
int check_wait(pid_t pid);

/* Did a child with this wait status exit with 0? */
bool check_exited_well(int status);

#endif
