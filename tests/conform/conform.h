/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a test program proves, stated as the table of its tests: a row for each
 * check of the SDM or of Linux, in their order, with the tests that trip it.
 * The table is what is run, so a row cannot name a test that is not; and
 * `PROGRAM --rows` prints it, for docs/CONFORMANCE.md (tools/conformance.py).
 *
 *	static const struct conform rows[] = {
 *		SUBJECT("EADD", "SDM \"EADD - Add a Page ...\", Operation"),
 *		ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
 *		DEVIATES("DC4", "SECINFO.PENDING", "ignored", T(pending)),
 *		TESTS(T(order)),
 *	};
 *	CONFORM_MAIN(rows, NULL)
 *
 * T() makes a struct CMUnitTest, as cmocka_unit_test() does.
 */
#ifndef SWSGX_TESTS_CONFORM_CONFORM_H
#define SWSGX_TESTS_CONFORM_CONFORM_H

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct conform {
	const char *subject; /* a leaf, an ioctl, a call */
	const char *source;  /* an SDM section, a function of Linux */
	const char *check, *gives;
	const char *deviation;          /* number of docs/DEVIATIONS.md */
	const struct CMUnitTest *tests; /* up to one without a name */
};

/* clang-format off */
#define CONFORM_TESTS(...) \
	(const struct CMUnitTest[]){ __VA_ARGS__ __VA_OPT__(,) \
				     { NULL, NULL, NULL, NULL, NULL } }

/* What the rows below it are about, up to the next one. */
#define SUBJECT(subject_, source_) \
	{ .subject = (subject_), .source = (source_) }
/* They are still about that, and taken from somewhere else. */
#define CITE(source_) { .source = (source_) }

/* What is tested, what that gives, and the tests. */
#define ROW(check_, gives_, ...) \
	{ .check = (check_), .gives = (gives_), \
	  .tests = CONFORM_TESTS(__VA_ARGS__) }
/* It knowingly gives something else here.  There may be no test of that. */
#define DEVIATES(deviation_, check_, gives_, ...) \
	{ .check = (check_), .gives = (gives_), .deviation = (deviation_), \
	  .tests = CONFORM_TESTS(__VA_ARGS__) }
/* Tests of no particular check. */
#define TESTS(...) { .tests = CONFORM_TESTS(__VA_ARGS__) }
/* clang-format on */

/*
 * The program: run everything, each test once, after `setup` (may be NULL);
 * `PROGRAM CASE` only those of that name, which may have wildcards (* and ?).
 * Returns the exit status.
 */
int conform_main(int argc, char **argv, const char *file,
		 const struct conform *rows, size_t n, CMFixtureFunction setup);

#define CONFORM_MAIN(rows, setup) \
	int main(int argc, char **argv) \
	{ \
		return conform_main(argc, argv, __FILE__, rows, \
				    sizeof(rows) / sizeof((rows)[0]), setup); \
	}

#endif
