/* SPDX-License-Identifier: BSD-3-Clause */
/* See tests/conform/conform.h. */
#include "tests/conform/conform.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_TESTS 256

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* A line of fields, with tabs between them, for each row. */
static void print_rows(const char *file, const struct conform *rows, size_t n)
{
	const char *subject = "", *source = "";
	const struct CMUnitTest *test;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].subject)
			subject = rows[i].subject;
		if (rows[i].source)
			source = rows[i].source;
		if (!rows[i].check)
			continue;
		printf("%s\t%s\t%s\t%s\t%s\t%s", subject, source, rows[i].check,
		       rows[i].gives, or_empty(rows[i].deviation), file);
		for (test = rows[i].tests; test->name; test++)
			printf("\t%s", test->name);
		putchar('\n');
	}
}

static bool listed(const struct CMUnitTest *tests, size_t n,
		   const struct CMUnitTest *test)
{
	for (size_t i = 0; i < n; i++) {
		if (tests[i].test_func == test->test_func &&
		    tests[i].setup_func == test->setup_func &&
		    tests[i].initial_state == test->initial_state)
			return true;
	}
	return false;
}

static size_t collect(const struct conform *rows, size_t n, const char *pattern,
		      struct CMUnitTest tests[MAX_TESTS])
{
	const struct CMUnitTest *test;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		for (test = rows[i].tests; test && test->name; test++) {
			if (fnmatch(pattern, test->name, 0) != 0 ||
			    listed(tests, count, test))
				continue;
			if (count == MAX_TESTS)
				return 0;
			tests[count++] = *test;
		}
	}
	return count;
}

int conform_main(int argc, char **argv, const char *file,
		 const struct conform *rows, size_t n, CMFixtureFunction setup)
{
	struct CMUnitTest tests[MAX_TESTS];
	size_t count;

	if (argc == 2 && strcmp(argv[1], "--rows") == 0) {
		print_rows(file, rows, n);
		return 0;
	}
	count = collect(rows, n, argc == 2 ? argv[1] : "*", tests);
	if (!count) {
		fprintf(stderr, "%s: no such tests, or too many\n", argv[0]);
		return 2;
	}
	return _cmocka_run_group_tests(file, tests, count, setup, NULL);
}
